"""Unforeseen errors, reported to Sentry; off without SENTRY_DSN, and then nothing of it is even imported.

Sentry's own integrations are not used: they collect requests, variables, breadcrumbs and log lines, and so what people
wrote and their numbers. What is reported is what we log with an exception; what is sent of it is made anew from a list
of what may be known: the types of the exceptions, where they came from in the code, the request's id, the task.
"""

import sys
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.core.signals import got_request_exception
from django.dispatch import receiver

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

TAGS: Final = ("request_id", "task")
"""What is taken over from what is bound to every log line."""

EVENT: Final = ("event_id", "timestamp", "level", "platform", "release", "environment", "server_name", "sdk")
EXCEPTION: Final = ("type", "module")
FRAME: Final = ("filename", "abs_path", "module", "function", "lineno", "in_app")

_is_on = False


def configure(*, dsn: str, environment: str, process: str) -> None:
    """Report the errors of this process; without a DSN, none."""
    if not dsn:
        return
    import sentry_sdk  # noqa: PLC0415
    from sentry_sdk.integrations.atexit import AtexitIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.dedupe import DedupeIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration  # noqa: PLC0415
    from sentry_sdk.integrations.threading import ThreadingIntegration  # noqa: PLC0415

    global _is_on  # noqa: PLW0603  one for the process
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            AtexitIntegration(callback=lambda *_: None),
            DedupeIntegration(),
            ExcepthookIntegration(),
            ThreadingIntegration(propagate_scope=False),
        ],
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        trace_propagation_targets=[],
        before_send=only_what_may_be_known,
    )
    sentry_sdk.set_tag("process", process or "none")
    _is_on = True


def report(error: BaseException) -> None:
    """Report an error that nobody foresaw."""
    if _is_on:
        import sentry_sdk  # noqa: PLC0415

        sentry_sdk.capture_exception(error)


def only_what_may_be_known(event: "Event", hint: "Hint") -> "Event":
    """Make the report anew from what is on the lists above; messages, variables, requests and the rest stay here."""
    given: dict[str, Any] = dict(event)
    bound = structlog.contextvars.get_contextvars()
    values = (given.get("exception") or {}).get("values") or []
    kept: Any = {name: given[name] for name in EVENT if name in given}
    kept["tags"] = {name: str(bound[name]) for name in TAGS if name in bound}
    if "process" in (given.get("tags") or {}):
        kept["tags"]["process"] = given["tags"]["process"]
    kept["exception"] = {"values": [_exception(value) for value in values]}
    result: Event = kept
    return result


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or []
    kept: dict[str, Any] = {name: value[name] for name in EXCEPTION if value.get(name)}
    kept["stacktrace"] = {"frames": [{name: frame[name] for name in FRAME if name in frame} for frame in frames]}
    return kept


@receiver(got_request_exception)
def _report_what_middleware_raised(**_: Any) -> None:
    """Views' errors are logged by `config.http.problems`; what a middleware raises, Django alone sees."""
    if error := sys.exc_info()[1]:
        report(error)
