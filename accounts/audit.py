"""Security events: one structured log line each, named by ids and never by numbers."""

from typing import Literal, get_args
from uuid import UUID

import structlog

from config.observability import metrics

log = structlog.get_logger(__name__)

Event = Literal[
    "api_key_made",
    "api_key_revoked",
    "api_key_rotated",
    "api_keys_ended",
    "code_refused",
    "disabled",
    "enabled",
    "erasure_done",
    "erasure_requested",
    "exported",
    "grant_given",
    "grant_revoked",
    "locked",
    "number_changed",
    "password_changed",
    "password_reset",
    "refresh_reuse",
    "session_ended",
    "sessions_ended",
    "sign_in",
    "sign_in_failed",
    "staff_action",
    "staff_sign_in",
    "webhook_endpoint_deleted",
    "webhook_endpoint_disabled",
    "webhook_endpoint_made",
    "webhook_refused",
    "webhook_secret_rotated",
]

for _event in get_args(Event):
    metrics.security_events.labels(_event)  # so that Prometheus sees an increase when the first one comes


def record(event: Event, *, user_id: int | None = None, session_id: UUID | None = None, **facts: str | int) -> None:
    """Log and count `security.<event>`; the request's id and the client's address are bound to the line already.

    Args:
        event: what happened.
        user_id: whom it happened to, where that is known.
        session_id: the session that it is about.
        facts: further words of our own; never a number, a code, a token or anything that a client sent.
    """
    metrics.security_events.labels(event).inc()
    name = f"security.{event}"
    log.info(name, user_id=user_id, session_id=session_id and str(session_id), **facts)
