"""What a worker does with a claimed reply: call the model, publish what it says, and write how the attempt ended."""

import time
from datetime import timedelta
from typing import Final

import structlog
from django.db import DataError, IntegrityError, connections

from billing import budget
from billing.exceptions import TOKENS_USED_UP
from billing.models import ModelCall, Tier
from chatrooms import redis_stream
from chatrooms.attachments.exceptions import StorageUnavailable
from chatrooms.models import Reply
from chatrooms.replies import lifecycle, stopping, titles_and_summaries
from chatrooms.replies.asked import Asked
from chatrooms.replies.context import Context, context_for
from chatrooms.replies.json_replies import check_schema
from chatrooms.replies.media import forget_copies, with_media
from chatrooms.replies.model_call import record_usage, retry_while_database_down
from chatrooms.replies.parts import Parts
from chatrooms.replies.worker_leases import ReplyNotHeld, leases
from chatrooms.stream_entries import AFTER_TEXT, Event
from config.http.problems import InternalError
from config.infrastructure.database import DATABASE_UNAVAILABLE
from config.observability import metrics, tracing
from gemini.client import stream_reply
from gemini.exceptions import Cancelled, FileGone, ProviderError, SchemaMismatch
from gemini.reply_stream import ReplyStream
from gemini.types import FinishReason, PartKind, Usage

log = structlog.get_logger(__name__)

NOTHING_USED: Final = Usage(prompt_tokens=None, output_tokens=None)


def generate(*, reply: Reply, tier: Tier) -> None:
    """Run one attempt; afterwards the reply has ended, is queued again, or belongs to another worker."""
    with leases.hold(reply), structlog.contextvars.bound_contextvars(request_id=reply.request_id):
        Attempt(reply).run(tier)


class ReplyTimer:
    """Times one attempt; made when the reply was claimed.

    The database's clock says how long the reply had waited by then, and this process's monotonic clock what came after,
    so no two clocks are compared.

    Args:
        waited: since the reply was requested.
    """

    def __init__(self, waited: timedelta) -> None:
        self._waited = waited
        self._claimed_at = time.monotonic()

    def first_token_ms(self, first_at: float | None) -> int | None:
        """Milliseconds until the first chunk, which came at `first_at` (by `time.monotonic`); None if none came."""
        if first_at is None:
            return None
        return max(0, round(1000 * (self._waited.total_seconds() + first_at - self._claimed_at)))

    def observe_end(self, *, output_tokens: int | None) -> None:
        """Report the duration and the speed of a reply that has just ended."""
        seconds = time.monotonic() - self._claimed_at
        metrics.answer_seconds.observe(seconds)
        if output_tokens and seconds:
            metrics.tokens_per_second.observe(output_tokens / seconds)


class Attempt:
    """One attempt at a claimed reply."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._timer = ReplyTimer(reply.waited)
        self._writer = redis_stream.StreamWriter(reply_id=reply.pk, attempt=reply.attempt, is_held=self._is_held)
        self._parts = Parts()
        self._context: Context | None = None
        self._stream: ReplyStream | None = None

    def run(self, tier: Tier) -> None:
        """Call the model and write the outcome."""
        try:
            # The ceiling may have been reached since the message was accepted.
            budget.check(user_id=self._reply.user_id, tier=tier)
            self._context = context = context_for(reply=self._reply, tier=tier)
            prompt = with_media(context.prompt, context.files, check=lambda: leases.check(self._reply))
            connections.close_all()  # the call takes seconds, and needs no database
            self._stream = stream = stream_reply(prompt)
            with record_usage(stream, user_id=self._reply.user_id, purpose=ModelCall.Purpose.REPLY, **self._trace_ids):
                self._read(stream)
        except (ReplyNotHeld, Cancelled, redis_stream.Fenced):
            log.info("reply_given_up", reply_id=self._reply.pk, attempt=self._reply.attempt)
            has_ended = False
        except TOKENS_USED_UP as error:
            has_ended = self._fail(error.code)
        except StorageUnavailable as error:
            has_ended = self._fail(error.code, retryable=True)
        except ProviderError as error:
            if isinstance(error, FileGone) and self._context:
                retry_while_database_down(forget_copies, self._context.files)
            has_ended = self._fail(
                error.code,
                retryable=error.retryable,
                retry_after=error.retry_after,
                is_last_retry=isinstance(error, SchemaMismatch),
            )
        except Exception:
            log.exception("generation_failed", reply_id=self._reply.pk)
            has_ended = self._fail(InternalError.code, retryable=True)
        else:
            has_ended = self._finish(stream)
            if has_ended:
                self._timer.observe_end(output_tokens=stream.spent.output_tokens)
                titles_and_summaries.after_reply(reply=self._reply, is_full=context.is_full)
        if not has_ended and self._stream:
            self._settle(self._stream)

    def _read(self, stream: ReplyStream) -> None:
        leases.watch(self._reply, stream)
        self._writer.start()
        for piece in stream.pieces():
            leases.check(self._reply)
            if piece.kind is PartKind.RESTART:
                self._parts = Parts()
                self._writer.restart()
            elif kept := self._parts.without_more_marks(piece):
                self._add(piece.kind, kept)
        for part in self._parts.as_json(stream, text=self._writer.text) or []:
            if part["type"] in AFTER_TEXT:
                self._writer.add_part(Event(part.pop("type")), **part)
        is_whole = stream.finish_reason is FinishReason.STOP
        schema = Asked.of(self._reply).response_schema
        check_schema(self._writer.text, schema=schema, is_whole=is_whole)

    def _add(self, kind: PartKind, text: str) -> None:
        if kind is PartKind.TEXT:
            start = self._writer.length
            self._writer.add(text)
            self._parts.add_text(start=start, end=self._writer.length)
        else:
            self._writer.add_part(Event(kind.value), text=text)
            self._parts.add(kind, text)

    def _finish(self, stream: ReplyStream) -> bool:
        try:
            return retry_while_database_down(
                lifecycle.finish,
                reply=self._reply,
                text=self._writer.text,
                parts=self._parts.as_json(stream, text=self._writer.text),
                model=stream.model,
                finish_reason=stream.finish_reason,
                usage=stream.spent,
                response_id=stream.response_id,
                service_tier=stream.service_tier,
                first_token_ms=self._first_token_ms,
            )
        except (DataError, IntegrityError):  # the database refuses what the model sent, and would again
            log.exception("reply_refused_by_database", reply_id=self._reply.pk)
            return retry_while_database_down(
                lifecycle.fail, reply=self._reply, error=InternalError.code, retryable=False, usage=NOTHING_USED
            )

    def _fail(
        self, code: str, *, retryable: bool = False, retry_after: float | None = None, is_last_retry: bool = False
    ) -> bool:
        return retry_while_database_down(
            lifecycle.fail,
            reply=self._reply,
            error=code,
            retryable=retryable,
            retry_after=retry_after,
            is_last_retry=is_last_retry,
            usage=self._stream.spent if self._stream else NOTHING_USED,
            first_token_ms=self._first_token_ms,
        )

    def _settle(self, stream: ReplyStream) -> None:
        retry_while_database_down(
            stopping.settle,
            reply=self._reply,
            text=self._writer.published,
            parts=self._parts.as_json(stream, text=self._writer.published),
            model=stream.model,
            usage=stream.spent,
            first_token_ms=self._first_token_ms,
        )

    @property
    def _first_token_ms(self) -> int | None:
        return self._timer.first_token_ms(self._writer.first_at)

    @property
    def _trace_ids(self) -> dict[str, str | int]:
        """What a trace says of a reply. The request's id finds it even if its task was published again."""
        return {
            tracing.REQUEST_ID: self._reply.request_id,
            "reply_id": self._reply.pk,
            "attempt": self._reply.attempt,
        }

    def _is_held(self) -> bool:
        """Ask the database; while it is unavailable assume yes, since the write of an end checks it again."""
        try:
            return not lifecycle.no_longer_held(held=[self._reply])
        except DATABASE_UNAVAILABLE:
            return True
        finally:
            connections.close_all()
