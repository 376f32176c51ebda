"""Structured logs that carry a request's id from the client to the worker, and no personal data.

Phone numbers, codes, tokens and chat text must never reach a log (invariant 9). Nobody logs them on purpose; what is
done here is the second net: an exception is logged by its type and its stack without its message (a database error
quotes the row, a validation error the input), and whatever looks like a phone number is masked.
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
"""What we take over from a client's `X-Request-ID`; anything else is replaced by an id of our own."""

PHONE_NUMBER = re.compile(r"(\+|%2B)\d{5,13}(\d{2})(?!\d)")
TASK_HEADER = "kuvaka_request_id"

log = structlog.get_logger(__name__)


def request_id() -> str:
    """The id of the request being served (or of the request that caused the task being run); empty outside both."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def identity_of(offered: str) -> str:
    """A request's id: the one that the client offers, if it is one, else a new one."""
    return offered if REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex


def _mask_numbers(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        event[name] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return PHONE_NUMBER.sub(r"\1*****\2", value)
    if isinstance(value, dict):  # the ids in a route
        return {name: _masked(each) for name, each in value.items()}
    return value


def _stack_without_message(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the exception's type and where it came from; its message may quote a user.

    This is also where errors that nobody foresaw are reported: all of them are logged so.
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
"""Libraries whose lines below WARNING quote addresses, arguments or rows, or say too little too often."""

INDISCREET = ("celery.app.trace", "django.db.backends.base", "django.request")
"""Loggers whose ERROR lines quote the request line, query string included, or an exception's message. The same is
logged without it: by the error handler, by `_log_failure` below and by `config.celery.publish`."""

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _stack_without_message,
]


def configure(*, level: str, style: str) -> None:
    """Send every log of this process, ours and the libraries', to standard error in one shape.

    Args:
        level: the lowest level that is shown.
        style: `json` for machines, `console` for a person at a terminal.
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
                        _mask_numbers,
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
    logging.raiseExceptions = False  # a line that cannot be written is dropped, not shown with its exception


@signals.before_task_publish.connect
def _send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None and (identity := request_id()):
        headers[TASK_HEADER] = identity


@signals.task_prerun.connect
def _take_request_id(task_id: str, task: Any, **_: Any) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        task=task.name, task_id=task_id, **_known(request_id=getattr(task.request, TASK_HEADER, None))
    )


@signals.task_failure.connect
def _log_failure(einfo: Any = None, exception: BaseException | None = None, **_: Any) -> None:
    log.error("task_failed", exc_info=exception)


def _known(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


@signals.setup_logging.connect
def _keep_ours(**_: Any) -> None:
    """Celery leaves logging alone when somebody answers this signal."""
