"""A call to the model, whoever makes it: closed and counted however it ends, and written down with patience."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from django.conf import settings
from django.db import connections

from billing import budget
from config.infrastructure.database import DATABASE_UNAVAILABLE
from config.observability import tracing
from gemini.reply_stream import ReplyStream

CHAT: Final = "chat"
STAND_IN: Final = "stand-in"

WRITE_FOR: Final = 60.0
"""Seconds for which what a call has led to is tried to be written while the database is away: it is paid for."""

PAUSE: Final = 0.5
"""Seconds between two tries."""

Outcome = TypeVar("Outcome")


@contextmanager
def counted(stream: ReplyStream, *, user_id: int, **ids: str | int) -> Iterator[None]:
    """Close the call and count its tokens, however it ends: they are paid for. A trace knows it by `ids`."""
    try:
        with _traced(stream, ids), stream:
            yield
    finally:
        spent = stream.spent
        patiently(
            partial(
                budget.add,
                user_id=user_id,
                prompt_tokens=spent.prompt_tokens or 0,
                output_tokens=spent.output_tokens or 0,
            )
        )


@contextmanager
def _traced(stream: ReplyStream, ids: Mapping[str, str | int]) -> Iterator[None]:
    """A span around the call, by https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/, without a word."""
    if not tracing.is_on():
        yield
        return
    asked = {
        "gen_ai.operation.name": CHAT,
        "gen_ai.provider.name": STAND_IN if settings.GEMINI_CLIENT == STAND_IN else "gcp.gemini",
        "gen_ai.request.model": stream.requested_model,
    }
    with tracing.span(f"{CHAT} {stream.requested_model}", {**asked, **ids}, kind="CLIENT") as spanned:
        try:
            yield
        finally:
            if spanned:
                spanned.set_attributes(_outcome(stream))


def _outcome(stream: ReplyStream) -> dict[str, str | int | list[str]]:
    spent = stream.spent
    tokens = {
        "gen_ai.usage.input_tokens": spent.prompt_tokens or 0,
        "gen_ai.usage.output_tokens": spent.output_tokens or 0,
    }
    model = {"gen_ai.response.model": stream.model} if stream.has_responded else {}
    ends = {"gen_ai.response.finish_reasons": [stream.vendor_finish_reason]} if stream.vendor_finish_reason else {}
    return {**tokens, **model, **ends}


def patiently(write: Callable[[], Outcome]) -> Outcome:
    """Write what a call has led to, for up to `WRITE_FOR` seconds while the database is away.

    The lease of a reply is renewed meanwhile, or the fence refuses the late write.
    """
    give_up_at = time.monotonic() + WRITE_FOR
    while True:
        try:
            return write()
        except DATABASE_UNAVAILABLE:
            connections.close_all()
            if time.monotonic() > give_up_at:
                raise
            time.sleep(PAUSE)
