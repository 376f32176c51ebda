"""The life of a reply: queued, generating, then done, failed or stopped.

Every change is one conditional UPDATE whose row count decides. A claim raises `attempt`; every later write of the
worker names its attempt and so finds nothing once the reply was taken from it. Rows are locked in the order user, room,
reply.
"""

import random
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Case, DurationField, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Coalesce, Greatest, Least, Now

from accounts.models import User
from billing import quota
from billing.entitlements import tier_of
from billing.models import Tier
from chatrooms import redis_stream
from chatrooms.exceptions import WORKER_LOST, ReplyIsFinal
from chatrooms.models import TRIES, Chatroom, Reply, ReplyQuerySet, Status
from chatrooms.redis_stream import Event
from chatrooms.replies.concurrency import free_places
from config.celery import publish
from config.observability import metrics, tracing
from gemini.tokens import estimate
from gemini.types import FinishReason, Usage

log = structlog.get_logger(__name__)

ANSWER = "chatrooms.tasks.answer"
MAX_WAIT = 30.0
"""Seconds that a reply is put off at most; a provider that asks for more fails it, so nobody waits in vain."""

REPUBLISH_CEILING = timedelta(seconds=60)
BATCH = 500


def publish_on_commit(reply_id: int) -> None:
    """Give the reply to a worker when the transaction has committed; the reaper does it if Redis does not take it."""
    transaction.on_commit(lambda: publish(ANSWER, reply_id), robust=True)


def publish_next_on_commit(user_id: int) -> None:
    """Publish, when the transaction has committed, what the place that became free in it lets start."""
    transaction.on_commit(lambda: publish_next(user_id=user_id), robust=True)


def claim(*, reply_id: int) -> tuple[Reply, Tier] | None:
    """Take a reply to generate it, with its room and its user's tier; None if it may not be taken now.

    It may when it is queued and not put off, no earlier reply of its room is unfinished, and fewer than
    `Tier.parallel_replies` of its user are being generated; else it is parked until one of them ends. The user's lock
    makes the count exact, and lets no end slip in between the look and the parking.
    """
    with transaction.atomic():
        owner = Reply.objects.filter(pk=reply_id, status=Status.QUEUED).values("user_id")
        user_id = User.objects.select_for_update(no_key=True).filter(pk__in=owner).values_list("pk", flat=True).first()
        if user_id is None:
            return None
        tier = tier_of(user_id=user_id)
        if free_places(user_id=user_id, tier=tier) and _take(reply_id):
            claimed = Reply.objects.with_waited().select_related("room", "answers").defer("answers__search", "search")
            return claimed.get(pk=reply_id), tier
        Reply.objects.filter(pk=reply_id, status=Status.QUEUED, not_before__lte=Now()).update(
            is_parked=True, publish_at=Now() + REPUBLISH_CEILING
        )
        return None


def _take(reply_id: int) -> bool:
    taken = (
        Reply.objects.due()
        .filter(pk=reply_id)
        .update(
            status=Status.GENERATING,
            attempt=F("attempt") + 1,
            is_parked=False,
            lease_until=Now() + settings.REPLY_LEASE,
            started_at=Coalesce("started_at", Now()),
        )
    )
    return bool(taken)


def finish(
    *,
    reply: Reply,
    text: str,
    model: str,
    finish_reason: FinishReason,
    usage: Usage,
    first_token_ms: int | None = None,
) -> bool:
    """Keep the whole answer; False if the reply is no longer this attempt's, and then nothing is written."""
    kept = _end(
        reply,
        _held(reply),
        status=Status.DONE,
        content=text,
        model=model,
        finish_reason=finish_reason,
        first_token_ms=first_token_ms,
        **_counts(usage),
    )
    if kept:
        log.info("reply_done", reply_id=reply.pk, model=model, output_tokens=usage.output_tokens)
    return kept


def fail(
    *,
    reply: Reply,
    error: str,
    retryable: bool,
    retry_after: float | None = None,
    usage: Usage,
    first_token_ms: int | None = None,
) -> bool:
    """End this try: put the reply back for a later one if `retryable` and tries are left, else fail it with `error`.

    Args:
        reply: as it was claimed.
        error: the code that the user is told.
        retryable: whether another try may help.
        retry_after: seconds that the provider asked to wait.
        usage: what the provider counted.
        first_token_ms: when the first piece of this try came, if one did; kept if the reply fails.
    """
    wait = retry_after if retry_after is not None else _backoff(reply.tries_left)
    if retryable and wait <= MAX_WAIT and _try_later(_held(reply), timedelta(seconds=wait)):
        log.info("reply_put_off", reply_id=reply.pk, error=error, seconds=round(wait, 1))
        metrics.tries_put_off.labels(error).inc()
        redis_stream.drop(reply_id=reply.pk, attempt=reply.attempt)
        publish_next(user_id=reply.user_id)
        return True
    return _fail(reply, _held(reply), error=error, first_token_ms=first_token_ms, **_counts(usage))


def stop(*, message_id: int) -> Reply:
    """Stop the current reply to a message, in the caller's transaction, in which the user's row is locked.

    What was said until then is still to be had from the stream or from the worker: see `keep_stopped` and `settle`. A
    reply that no worker has holds no text, and its unit goes back at once.

    Raises:
        ReplyIsFinal: it has an end already.
    """
    reply: Reply = Reply.objects.get(answers_id=message_id, is_current=True)
    held = Case(When(status=Status.GENERATING, then=Now() + settings.REPLY_LEASE), default=None)
    stopped = Reply.objects.filter(pk=reply.pk).unfinished()
    if not stopped.update(status=Status.STOPPED, lease_until=held, is_parked=False, finished_at=Now()):
        raise ReplyIsFinal
    reply.refresh_from_db(fields=["attempt", "lease_until", "unit"])
    if reply.lease_until is None:
        quota.give_back(unit_id=reply.unit_id)
    Chatroom.objects.filter(pk=reply.room_id).update(updated_at=Now())
    publish_next_on_commit(reply.user_id)
    transaction.on_commit(metrics.replies.labels(Status.STOPPED.value, "").inc, robust=True)
    log.info("reply_stopped", reply_id=reply.pk, attempt=reply.attempt)
    return reply


def keep_stopped(*, reply: Reply, text: str) -> None:
    """Keep what the stream of a stopped reply had told; if the unit goes back for want of text, none comes later."""
    with transaction.atomic():
        User.outdate_rooms(reply.user_id)
        kept = Reply.objects.unsettled().filter(pk=reply.pk, attempt=reply.attempt).update(content=text)
        if kept and not text:
            quota.give_back_stopped(unit_id=reply.unit_id)


def settle(*, reply: Reply, text: str, model: str, usage: Usage, first_token_ms: int | None = None) -> bool:
    """Let the worker of a stopped reply say what it had told and cost; False if the reply was not stopped.

    What the stream had told counts as the text, where it is known: nothing else was seen. A unit that went back says
    that it had told nothing.
    """
    stopped = Reply.objects.unsettled().filter(pk=reply.pk, attempt=reply.attempt)
    return _settle(reply.user_id, stopped, text=text, model=model, first_token_ms=first_token_ms, **_counts(usage))


def _settle(user_id: int, stopped: ReplyQuerySet, *, text: str, **values: object) -> bool:
    with transaction.atomic():
        User.outdate_rooms(user_id)
        reply = stopped.select_for_update(no_key=True).first()
        if reply is None:
            return False
        told = reply.content or ("" if quota.is_given_back(unit_id=reply.unit_id) else text)
        Reply.objects.filter(pk=reply.pk).update(content=told, lease_until=None, **values)
        if not told:
            quota.give_back_stopped(unit_id=reply.unit_id)
        publish_next_on_commit(user_id)
    _time_first_token(values)
    redis_stream.end(
        reply_id=reply.pk, attempt=reply.attempt, event=redis_stream.Event.STOPPED, data={}
    )  # if it is not told yet
    return True


def restart(*, message_id: int, unit_id: int | None, request_id: str) -> bool:
    """Queue the failed current reply of a message again, at the cost of `unit_id`; False if it has not failed.

    Without a unit it costs nothing, and nothing is given back if it fails again: the first unit was already.
    """
    failed = Reply.objects.filter(answers_id=message_id, is_current=True, status=Status.FAILED)
    restarted = failed.update(
        status=Status.QUEUED,
        error="",
        tries_left=TRIES,
        unit_id=unit_id,
        not_before=Now(),
        publish_at=Now() + settings.REPLY_REPUBLISH_AFTER,
        started_at=None,
        finished_at=None,
        prompt_tokens=None,
        output_tokens=None,
        tokens_estimated=False,
        first_token_ms=None,
        request_id=request_id,
    )
    if restarted:
        reply_id = Reply.objects.values_list("pk", flat=True).get(answers_id=message_id, is_current=True)
        # Its stream still ends with the old error, which whoever comes before the new start would take for the answer.
        transaction.on_commit(lambda: redis_stream.forget([reply_id]), robust=True)
        publish_on_commit(reply_id)
    return bool(restarted)


def _counts(usage: Usage) -> dict[str, object]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "output_tokens": usage.output_tokens,
        "tokens_estimated": usage.estimated,
    }


def hand_back(*, reply: Reply) -> bool:
    """Return a reply untried, as a worker does that is told to stop; another one takes it at once."""
    with transaction.atomic():
        returned = _held(reply).update(
            status=Status.QUEUED, lease_until=None, not_before=Now(), publish_at=Now() + settings.REPLY_REPUBLISH_AFTER
        )
        if returned:
            transaction.on_commit(lambda: redis_stream.drop(reply_id=reply.pk, attempt=reply.attempt), robust=True)
            publish_on_commit(reply.pk)
            metrics.replies_handed_back.inc()
    return bool(returned)


def renew(*, held: list[Reply]) -> set[tuple[int, int]]:
    """Renew the leases of all these replies; id and attempt of those that are still this worker's."""
    mine = Reply.objects.filter(
        Q(*(Q(pk=reply.pk, attempt=reply.attempt) for reply in held), _connector=Q.OR), status=Status.GENERATING
    )
    mine.update(lease_until=Now() + settings.REPLY_LEASE)
    return set(mine.values_list("pk", "attempt"))


def lost(*, held: list[Reply]) -> set[tuple[int, int]]:
    """Id and attempt of those among these replies that are not this worker's any more: stopped, deleted or taken."""
    wanted = {(reply.pk, reply.attempt) for reply in held}
    mine = Reply.objects.filter(pk__in=[reply.pk for reply in held], status=Status.GENERATING)
    return wanted - set(mine.values_list("pk", "attempt"))


def reap() -> tuple[int, int]:
    """Take replies from workers that died, and publish again what no worker took; safe to run twice at once.

    Returns:
        How many leases had run out, and how many replies were published.
    """
    expired = list(Reply.objects.filter(status=Status.GENERATING, lease_until__lt=Now())[:BATCH])
    for reply in expired:
        _lose_lease(reply)
    for reply in Reply.objects.unsettled().filter(lease_until__lt=Now())[:BATCH]:
        _settle_for_dead(reply)
    metrics.reaps.inc()
    with tracing.apart():
        return len(expired), _republish()


def _settle_for_dead(reply: Reply) -> None:
    """Count what a stopped reply holds, since its worker died before it could."""
    stopped = Reply.objects.unsettled().filter(pk=reply.pk, attempt=reply.attempt, lease_until__lt=Now())
    _settle(reply.user_id, stopped, text="", output_tokens=estimate(reply.content), tokens_estimated=True)


def _lose_lease(reply: Reply) -> None:
    """End the try of a lease that has run out; one that was renewed since it was looked at is left alone."""
    expired = _held(reply).filter(lease_until__lt=Now())
    if _try_later(expired, timedelta()):
        log.warning("reply_lease_lost", reply_id=reply.pk, attempt=reply.attempt)
        redis_stream.drop(reply_id=reply.pk, attempt=reply.attempt)
        metrics.leases_lost.inc()
    elif _fail(reply, expired.filter(tries_left__lte=1), error=WORKER_LOST):
        metrics.leases_lost.inc()


def _republish() -> int:
    published = 0
    for reply_id in (
        Reply.objects.due().filter(publish_at__lte=Now()).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        if not publish(ANSWER, reply_id):
            break
        # It waits longer each time, so that a long queue does not fill up with copies of itself.
        age = ExpressionWrapper(Now() - F("not_before"), output_field=DurationField())
        pause = Least(Greatest(age, Value(settings.REPLY_REPUBLISH_AFTER)), Value(REPUBLISH_CEILING))
        Reply.objects.filter(pk=reply_id, status=Status.QUEUED).update(publish_at=Now() + pause)
        published += 1
    return published


def _held(reply: Reply) -> ReplyQuerySet:
    held: ReplyQuerySet = Reply.objects.held_by(reply_id=reply.pk, attempt=reply.attempt)
    return held


def _try_later(held: ReplyQuerySet, wait: timedelta) -> bool:
    """Put a reply back into the queue at the cost of one try; False if it was the last one, or is not held any more."""
    return bool(
        held.filter(tries_left__gt=1).update(
            status=Status.QUEUED,
            tries_left=F("tries_left") - 1,
            lease_until=None,
            not_before=Now() + wait,
            publish_at=Now() + wait,
        )
    )


def _fail(reply: Reply, held: ReplyQuerySet, **values: object) -> bool:
    failed = _end(reply, held, status=Status.FAILED, **values)
    if failed:
        log.warning("reply_failed", reply_id=reply.pk, error=values["error"])
    return failed


def _end(reply: Reply, held: ReplyQuerySet, **values: object) -> bool:
    """Write an end state, give the unit of a failure back, and let the user's next replies start.

    All of it, or nothing if `held` is empty by now.
    """
    with transaction.atomic():
        User.outdate_rooms(reply.user_id)
        Chatroom.objects.filter(pk=reply.room_id).update(updated_at=Now())
        ended = held.update(**values, lease_until=None, finished_at=Now())
        if not ended:
            transaction.set_rollback(True)
            log.warning("reply_fenced", reply_id=reply.pk, attempt=reply.attempt)
            metrics.replies_fenced.inc()
            return False
        if values["status"] == Status.FAILED:
            quota.give_back(unit_id=reply.unit_id)
        transaction.on_commit(lambda: _tell_end(reply, values), robust=True)
        publish_next_on_commit(reply.user_id)
    return True


def _tell_end(reply: Reply, values: dict[str, object]) -> None:
    metrics.replies.labels(Status(str(values["status"])).value, str(values.get("error", ""))).inc()
    _time_first_token(values)
    if values["status"] == Status.FAILED:
        event, data = Event.ERROR, {"code": values["error"]}
    else:
        event, data = Event.DONE, {"length": len(str(values["content"]))}
    redis_stream.end(reply_id=reply.pk, attempt=reply.attempt, event=event, data=data)


def _time_first_token(values: dict[str, object]) -> None:
    milliseconds = values.get("first_token_ms")
    if isinstance(milliseconds, int):
        metrics.first_token_seconds.observe(milliseconds / 1000)


def publish_next(*, user_id: int) -> None:
    """Publish what may start now of what was parked: the next reply of a room, and those that had met the limit."""
    if not Reply.objects.filter(user_id=user_id, is_parked=True).exists():
        return
    parked = list(
        Reply.objects.due().filter(user_id=user_id, is_parked=True).order_by("pk").values_list("pk", flat=True)
    )
    free = free_places(user_id=user_id, tier=tier_of(user_id=user_id)) if parked else 0
    for reply_id in parked[:free]:
        waiting = Reply.objects.filter(pk=reply_id, status=Status.QUEUED)
        waiting.update(is_parked=False, publish_at=Now())  # so the reaper takes it up at once if Redis does not
        with tracing.apart():
            taken = publish(ANSWER, reply_id)
        if taken:
            waiting.update(publish_at=Now() + settings.REPLY_REPUBLISH_AFTER)


def _backoff(tries_left: int) -> float:
    """Seconds before the next try when the provider named none: about 1, then about 3, with jitter."""
    return (1.0 if tries_left == 3 else 3.0) * random.uniform(0.8, 1.4)  # noqa: S311 (not a secret)
