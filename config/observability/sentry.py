"""Reports unexpected errors to Sentry. Without SENTRY_DSN it is off, and sentry_sdk is not imported.

Sentry's own integrations are not used: they collect requests, variables, breadcrumbs and log lines, and with them
texts and phone numbers of users. Errors that we log with an exception are reported. The event is rebuilt from a list of
allowed fields: the types of the exceptions, their frames, the request's id, the task.
"""

import sys
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.core.signals import got_request_exception
from django.dispatch import receiver

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

TAGS: Final = ("request_id", "task")
"""Copied from the context of the log lines."""

EVENT: Final = ("event_id", "timestamp", "level", "platform", "release", "environment", "server_name", "sdk")
EXCEPTION: Final = ("type", "module")
FRAME: Final = ("filename", "abs_path", "module", "function", "lineno", "in_app")

_is_on = False


def configure(*, dsn: str, environment: str, process: str) -> None:
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
        before_send=only_allowed_fields,
    )
    sentry_sdk.set_tag("process", process or "none")
    _is_on = True


def report(error: BaseException) -> None:
    if _is_on:
        import sentry_sdk  # noqa: PLC0415

        sentry_sdk.capture_exception(error)


def only_allowed_fields(event: "Event", hint: "Hint") -> "Event":
    """Rebuild the event from the allowed fields; messages, variables, requests and the rest are not sent."""
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
def _report_middleware_error(**_: Any) -> None:
    """`config.http.problems` logs the errors of views; only Django sees those of middleware."""
    if error := sys.exc_info()[1]:
        report(error)
