"""The life of a reply: queued, generating, then done, failed or stopped.

Every change is one conditional UPDATE whose row count decides. A claim raises `attempt`. Every later write of the
worker names its attempt, so it changes nothing once another worker has claimed the reply. Rows are locked in the order
user, room, reply.
"""

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from psycopg.types.json import Jsonb

from accounts.models import User
from billing import quota
from billing.entitlements import tier_of
from billing.models import Tier
from chatrooms import redis_stream
from chatrooms.models import RETRIES, Reply, ReplyQuerySet, Status
from chatrooms.replies import publishing, statements
from chatrooms.replies.concurrency import free_slots
from chatrooms.replies.publishing import (
    MAX_REPUBLISH_INTERVAL,
    publish_next,
    publish_next_on_commit,
    publish_on_commit,
)
from chatrooms.stream_entries import Event
from config.observability import metrics
from gemini.exceptions import SchemaMismatch
from gemini.types import FinishReason, Usage

log = structlog.get_logger(__name__)

MAX_RETRY_DELAY: Final = 120.0
"""Seconds that a reply waits for its next attempt at most; its user sees why. If the provider asks for more, the reply
fails at once."""


def claim(*, reply_id: int) -> tuple[Reply, Tier] | None:
    """Claim a reply for this worker, with its room and its user's tier; None if it may not start now.

    It may start when it is due, no earlier reply of its room is unfinished, and the user has a free slot. Otherwise it
    is parked until one of the user's replies ends. The user's lock makes the count exact, and no reply can end between
    the count and the parking.
    """
    with transaction.atomic():
        owner = statements.lock_owner(reply_id=reply_id)
        if not owner:
            return None
        user_id = owner[0]["pk"]
        tier = tier_of(user_id=user_id)
        if free_slots(user_id=user_id, tier=tier) and statements.start(reply_id=reply_id, lease=settings.REPLY_LEASE):
            return statements.claimed(reply_id=reply_id)[0], tier
        Reply.objects.filter(pk=reply_id, status=Status.QUEUED, next_attempt_at__lte=Now()).update(
            is_parked=True, publish_at=Now() + MAX_REPUBLISH_INTERVAL
        )
        return None


def finish(
    *,
    reply: Reply,
    text: str,
    model: str,
    finish_reason: FinishReason,
    usage: Usage,
    parts: list[dict[str, Any]] | None = None,
    response_id: str = "",
    service_tier: str = "",
    first_token_ms: int | None = None,
) -> bool:
    """Save the whole reply; False, and nothing is written, if this attempt no longer holds it."""
    values = {
        "status": Status.DONE.value,
        "content": text,
        "model": model,
        "finish_reason": finish_reason.value,
        "parts": Jsonb(parts) if parts else None,
        "response_id": response_id,
        "service_tier": service_tier,
        "first_token_ms": first_token_ms,
        **usage_values(usage),
    }
    is_saved = _end(reply, lambda: statements.save(reply_id=reply.pk, held_attempt=reply.attempt, **values), values)
    if is_saved:
        log.info("reply_done", reply_id=reply.pk, model=model, output_tokens=usage.output_tokens)
    return is_saved


def fail(
    *,
    reply: Reply,
    error: str,
    retryable: bool,
    retry_after: float | None = None,
    is_last_retry: bool = False,
    usage: Usage,
    first_token_ms: int | None = None,
) -> bool:
    """End this attempt: queue the reply for another one if `retryable` and retries are left, else fail it.

    Args:
        reply: as it was claimed.
        error: the code that the user sees.
        retryable: whether another attempt may help.
        retry_after: seconds that the provider asked to wait.
        is_last_retry: if another attempt is made, it is the last one.
        usage: what the provider counted.
        first_token_ms: when the first chunk of this attempt came, if one did; saved if the reply fails.
    """
    delay = retry_after if retry_after is not None else _backoff(reply.retries_left)
    if (
        retryable
        and delay <= MAX_RETRY_DELAY
        and schedule_retry(held_by_attempt(reply), timedelta(seconds=delay), code=error, is_last=is_last_retry)
    ):
        log.info("reply_retry_scheduled", reply_id=reply.pk, error=error, seconds=round(delay, 1))
        metrics.retries_scheduled.labels(error).inc()
        redis_stream.discard(reply_id=reply.pk, attempt=reply.attempt, retry=error)
        publish_next(user_id=reply.user_id)
        return True
    return end_as_failed(
        reply, held_by_attempt(reply), error=error, first_token_ms=first_token_ms, **usage_values(usage)
    )


def restart(*, message_id: int, unit_id: int | None, request_id: str) -> bool:
    """Queue the failed current reply of a message again, at the cost of `unit_id`; False if it has not failed.

    Without a unit it is free, and there is nothing to refund if it fails again: the first unit was refunded already.
    """
    failed = Reply.objects.filter(answers_id=message_id, is_current=True, status=Status.FAILED)
    is_queued = failed.update(
        status=Status.QUEUED,
        error="",
        retries_left=RETRIES,
        unit_id=unit_id,
        next_attempt_at=Now(),
        publish_at=Now() + settings.REPLY_REPUBLISH_AFTER,
        started_at=None,
        finished_at=None,
        prompt_tokens=None,
        output_tokens=None,
        tokens_estimated=False,
        cached_tokens=None,
        tool_tokens=None,
        thought_tokens=None,
        parts=None,
        response_id="",
        service_tier="",
        retry_code="",
        first_token_ms=None,
        request_id=request_id,
    )
    if is_queued:
        reply_id = Reply.objects.values_list("pk", flat=True).get(answers_id=message_id, is_current=True)
        # Its stream still ends with the old error, which a client would read until the new attempt starts.
        transaction.on_commit(lambda: redis_stream.delete([reply_id]), robust=True)
        publish_on_commit(reply_id)
    return bool(is_queued)


def hand_back(*, reply: Reply) -> bool:
    """Queue a reply again when its worker shuts down: another worker starts it at once, and no retry is spent."""
    with transaction.atomic():
        is_queued = held_by_attempt(reply).update(
            status=Status.QUEUED,
            lease_until=None,
            next_attempt_at=Now(),
            publish_at=Now() + settings.REPLY_REPUBLISH_AFTER,
        )
        if is_queued:
            transaction.on_commit(lambda: redis_stream.discard(reply_id=reply.pk, attempt=reply.attempt), robust=True)
            publish_on_commit(reply.pk)
            metrics.replies_handed_back.inc()
    return bool(is_queued)


def renew(*, held: list[Reply]) -> set[tuple[int, int]]:
    """Renew the leases of these replies; id and attempt of those that this worker still holds."""
    mine = Reply.objects.filter(
        Q(*(Q(pk=reply.pk, attempt=reply.attempt) for reply in held), _connector=Q.OR), status=Status.GENERATING
    )
    mine.update(lease_until=Now() + settings.REPLY_LEASE)
    return set(mine.values_list("pk", "attempt"))


def no_longer_held(*, held: list[Reply]) -> set[tuple[int, int]]:
    """Id and attempt of the replies that this worker lost: they were stopped or deleted, or another worker has them."""
    wanted = {(reply.pk, reply.attempt) for reply in held}
    mine = Reply.objects.filter(pk__in=[reply.pk for reply in held], status=Status.GENERATING)
    return wanted - set(mine.values_list("pk", "attempt"))


def held_by_attempt(reply: Reply) -> ReplyQuerySet:
    """The reply's row while the attempt that claimed it still holds it, else no row."""
    held: ReplyQuerySet = Reply.objects.held_by(reply_id=reply.pk, attempt=reply.attempt)
    return held


def schedule_retry(held: ReplyQuerySet, delay: timedelta, *, code: str, is_last: bool = False) -> bool:
    """Queue a reply again at the cost of one retry; False if none is left, or if `held` is empty by now.

    Its user sees `code` meanwhile.
    """
    return bool(
        held.filter(retries_left__gt=1).update(
            status=Status.QUEUED,
            retries_left=1 if is_last else F("retries_left") - 1,
            retry_code=code,
            lease_until=None,
            next_attempt_at=Now() + delay,
            publish_at=Now() + delay,
        )
    )


def end_as_failed(reply: Reply, held: ReplyQuerySet, **values: object) -> bool:
    """Fail a reply with `values["error"]`; False if `held` is empty by now."""
    values |= {"status": Status.FAILED.value}
    is_failed = _end(reply, lambda: held.update(**values, lease_until=None, finished_at=Now()), values)
    if is_failed:
        log.warning("reply_failed", reply_id=reply.pk, error=values["error"])
    return is_failed


def usage_values(usage: Usage) -> dict[str, object]:
    """The columns that hold what the provider counted."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "output_tokens": usage.output_tokens,
        "tokens_estimated": usage.estimated,
        "cached_tokens": usage.cached_tokens,
        "tool_tokens": usage.tool_tokens,
        "thought_tokens": usage.thought_tokens,
    }


def observe_first_token(values: Mapping[str, object]) -> None:
    """Report the time to the first token to the metrics, if the reply had one."""
    milliseconds = values.get("first_token_ms")
    if isinstance(milliseconds, int):
        metrics.first_token_seconds.observe(milliseconds / 1000)


def _end(reply: Reply, write: Callable[[], int], values: Mapping[str, object]) -> bool:
    """Write an end state, refund the unit of a failure, and let the user's next replies start.

    All of it, or nothing if the attempt no longer holds the reply: `write` then returns 0.
    """
    with transaction.atomic():
        has_endpoint = User.outdate_rooms(reply.user_id)
        statements.mark_active(room_id=reply.room_id)
        ended = write()
        if not ended:
            transaction.set_rollback(True)
            log.warning("reply_fenced", reply_id=reply.pk, attempt=reply.attempt)
            metrics.replies_fenced.inc()
            return False
        if values.get("error") == SchemaMismatch.code:  # its text was shown, so it is refunded as a stop is
            quota.refund_stopped(unit_id=reply.unit_id)
        elif values["status"] == Status.FAILED:
            quota.refund(unit_id=reply.unit_id)
        if has_endpoint:
            publishing.tell_end(reply, Status(str(values["status"])), error=str(values.get("error", "")))
        transaction.on_commit(lambda: _publish_end(reply, values), robust=True)
        publish_next_on_commit(reply.user_id)
    return True


def _publish_end(reply: Reply, values: Mapping[str, object]) -> None:
    metrics.replies.labels(Status(str(values["status"])).value, str(values.get("error", ""))).inc()
    observe_first_token(values)
    if values["status"] == Status.FAILED:
        event, data = Event.ERROR, {"code": values["error"]}
    else:
        event, data = Event.DONE, {"length": len(str(values["content"]))}
    redis_stream.end(reply_id=reply.pk, attempt=reply.attempt, event=event, data=data)


def _backoff(retries_left: int) -> float:
    """Seconds before the next attempt when the provider named none: about 1, then about 3, with jitter."""
    return (1.0 if retries_left == 3 else 3.0) * random.uniform(0.8, 1.4)  # noqa: S311 (not a secret)
