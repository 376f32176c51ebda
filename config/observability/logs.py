"""Structured logs that carry a request's id from the client to the worker, and no personal data.

Phone numbers, codes, tokens, API keys and chat text must never reach a log. No code logs them; this module is a second
line of defence: an exception is logged by its type and stack without its message (a database error quotes the row, a
validation error the input), and API keys and all digits that could be a phone number are masked.
"""

import logging
import logging.config
import re
import sys
import traceback
import uuid
from typing import Any

import structlog
from celery import signals
from structlog.typing import EventDict, Processor, WrappedLogger

from config.observability import sentry

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""The `X-Request-ID` that is accepted from a client; any other is replaced by a new id."""

PHONE_NUMBER = re.compile(r"(\+|%2B)\d{5,13}(\d{2})(?!\d)")
API_KEY = re.compile(r"kvk_[0-9a-f]{8,32}_\w+")
TASK_HEADER = "kuvaka_request_id"

log = structlog.get_logger(__name__)


def request_id() -> str:
    """The id of the current request, or of the request that published the current task; empty outside both."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def identity_of(offered: str) -> str:
    """A request's id: the client's, if it is valid, otherwise a new one."""
    return offered if REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex


def _mask_private(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        event[name] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return API_KEY.sub("kvk_*****", PHONE_NUMBER.sub(r"\1*****\2", value))
    if isinstance(value, dict):  # the parameters of a route
        return {name: _masked(each) for name, each in value.items()}
    return value


def _stack_without_message(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the exception's type and frames; its message may quote a user.

    Unexpected errors are reported to Sentry here, because all of them are logged with `exc_info`.
    """
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        if not str(event.get("logger")).startswith("sentry_sdk"):
            sentry.report(info[1])
        event["exception"] = f"{info[0].__module__}.{info[0].__qualname__}"
        event["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(info[2])]
    return event


QUIET = (
    "axes",
    "celery.beat",
    "celery.worker.strategy",
    "django.db.backends",
    "django.template",
    "google_genai",
    "httpx2",
    "kombu",
    "stripe",
    "urllib3",
)
"""Libraries whose lines below WARNING quote addresses, arguments or rows, or are noise."""

INDISCREET = ("celery.app.trace", "django.db.backends.base", "django.request")
"""Loggers whose ERROR lines quote the request line with its query string, or an exception's message. The error handler,
`_log_failure` below and `config.celery.publish` log the same without them."""

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _stack_without_message,
]


def configure(*, level: str, style: str) -> None:
    """Send all logs of this process, including the libraries', to standard error in one format.

    Args:
        level: the lowest level that is logged.
        style: `json`, or `console` for a terminal.
    """
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "one": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": _SHARED,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        _mask_private,
                        renderer,
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "one"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                **{name: {"level": "WARNING"} for name in QUIET},
                **{name: {"level": "CRITICAL"} for name in INDISCREET},
                **{name: {"level": "WARNING", "handlers": []} for name in ("uvicorn", "uvicorn.error")},
            },
        }
    )
    logging.raiseExceptions = False  # a line that cannot be written is dropped, without a traceback
    # What no line shows is not looked up for each (docs.python.org/3/howto/logging.html#optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001


@signals.before_task_publish.connect
def _send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None and (identity := request_id()):
        headers[TASK_HEADER] = identity


@signals.task_prerun.connect
def _bind_request_id(task_id: str, task: Any, **_: Any) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        task=task.name, task_id=task_id, **_non_empty(request_id=getattr(task.request, TASK_HEADER, None))
    )


@signals.task_failure.connect
def _log_failure(einfo: Any = None, exception: BaseException | None = None, **_: Any) -> None:
    log.error("task_failed", exc_info=exception)


def _non_empty(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


@signals.setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Celery does not configure logging if this signal has a receiver."""
