"""A call to the model for a reply, a title or a summary: always closed, counted and traced, however it ends."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, ParamSpec, TypeVar

import structlog
from django.conf import settings
from django.db import DataError, connections

from billing import budget
from billing.models import ModelCall
from config.infrastructure.database import DATABASE_UNAVAILABLE
from config.observability import tracing
from gemini.catalogue import cost_of
from gemini.reply_stream import ReplyStream
from gemini.types import Usage
from gemini.vendor_call import VendorCall

log = structlog.get_logger(__name__)

CHAT: Final = "chat"
STAND_IN: Final = "stand-in"

MAX_DATABASE_WAIT: Final = 60.0
"""Seconds to keep trying to write the outcome of a call while the database is unavailable: the call is paid for."""

PAUSE: Final = 0.5
"""Seconds between two attempts to write."""

Arguments = ParamSpec("Arguments")
Outcome = TypeVar("Outcome")


@contextmanager
def record_usage(stream: ReplyStream, *, user_id: int, purpose: ModelCall.Purpose, **ids: str | int) -> Iterator[None]:
    """Close the call and count its tokens, however it ends: they are paid for. `ids` name it in the trace."""
    try:
        with _traced(stream, ids), stream:
            yield
    finally:
        calls = [_as_row(call, purpose) for call in stream.calls if call.has_begun]
        try:
            retry_while_database_down(budget.add, user_id=user_id, calls=calls)
        except DataError:  # the reply must not be lost over it, and be paid for again
            log.exception("calls_not_counted")


def _cost(call: VendorCall, spent: Usage) -> int | None:
    """By the price of the version that replied, or else of the model that was asked for."""
    today = datetime.now(UTC).date()
    cost = cost_of(spent, model=call.model, on=today)
    return cost_of(spent, model=call.prompt.model, on=today) if cost is None else cost


def _as_row(call: VendorCall, purpose: ModelCall.Purpose) -> budget.Call:
    spent = call.spent
    return budget.Call(
        purpose=purpose,
        model=call.model,
        prompt_tokens=spent.prompt_tokens or 0,
        output_tokens=spent.output_tokens or 0,
        cached_tokens=spent.cached_tokens,
        tool_tokens=spent.tool_tokens,
        thought_tokens=spent.thought_tokens,
        estimated=spent.estimated,
        cost_micros=_cost(call, spent),
        response_id=call.response_id,
        service_tier=call.service_tier,
    )


@contextmanager
def _traced(stream: ReplyStream, ids: Mapping[str, str | int]) -> Iterator[None]:
    """A span around the call, by https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/, without any text."""
    if not tracing.is_on():
        yield
        return
    attributes = {
        "gen_ai.operation.name": CHAT,
        "gen_ai.provider.name": STAND_IN if settings.GEMINI_CLIENT == STAND_IN else "gcp.gemini",
        "gen_ai.request.model": stream.requested_model,
    }
    with tracing.span(f"{CHAT} {stream.requested_model}", {**attributes, **ids}, kind="CLIENT") as span:
        try:
            yield
        finally:
            if span:
                span.set_attributes(_outcome_attributes(stream))


def _outcome_attributes(stream: ReplyStream) -> dict[str, str | int | list[str]]:
    spent = stream.spent
    tokens = {
        "gen_ai.usage.input_tokens": spent.prompt_tokens or 0,
        "gen_ai.usage.output_tokens": spent.output_tokens or 0,
    }
    model = {"gen_ai.response.model": stream.model} if stream.has_responded else {}
    ends = {"gen_ai.response.finish_reasons": [stream.vendor_finish_reason]} if stream.vendor_finish_reason else {}
    return {**tokens, **model, **ends}


def retry_while_database_down(
    write: Callable[Arguments, Outcome], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Outcome:
    """Write the outcome of a call, for up to `MAX_DATABASE_WAIT` seconds while the database is unavailable.

    The lease of the reply is renewed all the while; if it was lost, the fence refuses the late write.
    """
    deadline = time.monotonic() + MAX_DATABASE_WAIT
    while True:
        try:
            return write(*args, **kwargs)
        except DATABASE_UNAVAILABLE:
            connections.close_all()
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE)
