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
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Coalesce, Greatest, Least, Now

from accounts.models import User
from billing import quota
from billing.entitlements import tier_of
from billing.models import Tier
from chatrooms.models import Chatroom, Reply, ReplyQuerySet, Status
from config.celery import publish
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
    transaction.on_commit(lambda: _publish_next(user_id), robust=True)


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
        if _generating(user_id) < tier.parallel_replies and _take(reply_id):
            return Reply.objects.select_related("room", "answers").get(pk=reply_id), tier
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


def finish(*, reply: Reply, text: str, model: str, finish_reason: FinishReason, usage: Usage) -> bool:
    """Keep the whole answer; False if the reply is no longer this attempt's, and then nothing is written."""
    kept = _end(
        reply,
        _held(reply),
        status=Status.DONE,
        content=text,
        model=model,
        finish_reason=finish_reason,
        prompt_tokens=usage.prompt_tokens,
        output_tokens=usage.output_tokens,
    )
    if kept:
        log.info("reply_done", reply_id=reply.pk, model=model, output_tokens=usage.output_tokens)
    return kept


def fail(*, reply: Reply, error: str, retryable: bool, retry_after: float | None = None, usage: Usage) -> bool:
    """End this try: put the reply back for a later one if `retryable` and tries are left, else fail it with `error`.

    Args:
        reply: as it was claimed.
        error: the code that the user is told.
        retryable: whether another try may help.
        retry_after: seconds that the provider asked to wait.
        usage: what the provider counted.
    """
    wait = retry_after if retry_after is not None else _backoff(reply.tries_left)
    if retryable and wait <= MAX_WAIT and _try_later(_held(reply), timedelta(seconds=wait)):
        log.info("reply_put_off", reply_id=reply.pk, error=error, seconds=round(wait, 1))
        _publish_next(reply.user_id)
        return True
    return _fail(reply, _held(reply), error=error, prompt_tokens=usage.prompt_tokens, output_tokens=usage.output_tokens)


def hand_back(*, reply: Reply) -> bool:
    """Return a reply untried, as a worker does that is told to stop; another one takes it at once."""
    with transaction.atomic():
        returned = _held(reply).update(
            status=Status.QUEUED, lease_until=None, not_before=Now(), publish_at=Now() + settings.REPLY_REPUBLISH_AFTER
        )
        if returned:
            publish_on_commit(reply.pk)
    return bool(returned)


def renew(*, held: list[Reply]) -> set[tuple[int, int]]:
    """Renew the leases of all these replies; id and attempt of those that are still this worker's."""
    mine = Reply.objects.filter(
        Q(*(Q(pk=reply.pk, attempt=reply.attempt) for reply in held), _connector=Q.OR), status=Status.GENERATING
    )
    mine.update(lease_until=Now() + settings.REPLY_LEASE)
    return set(mine.values_list("pk", "attempt"))


def reap() -> tuple[int, int]:
    """Take replies from workers that died, and publish again what no worker took; safe to run twice at once.

    Returns:
        How many leases had run out, and how many replies were published.
    """
    lost = list(Reply.objects.filter(status=Status.GENERATING, lease_until__lt=Now())[:BATCH])
    for reply in lost:
        _lose_lease(reply)
    return len(lost), _republish()


def _lose_lease(reply: Reply) -> None:
    """End the try of a lease that has run out; one that was renewed since it was looked at is left alone."""
    expired = _held(reply).filter(lease_until__lt=Now())
    if _try_later(expired, timedelta()):
        log.warning("reply_lease_lost", reply_id=reply.pk, attempt=reply.attempt)
    else:
        _fail(reply, expired.filter(tries_left__lte=1), error="worker_lost")


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
            return False
        if values["status"] == Status.FAILED:
            quota.give_back(unit_id=reply.unit_id)
        publish_next_on_commit(reply.user_id)
    return True


def _publish_next(user_id: int) -> None:
    """Publish what may start now of what was parked: the next reply of a room, and those that had met the limit."""
    if not Reply.objects.filter(user_id=user_id, is_parked=True).exists():
        return
    parked = list(
        Reply.objects.due().filter(user_id=user_id, is_parked=True).order_by("pk").values_list("pk", flat=True)
    )
    free = tier_of(user_id=user_id).parallel_replies - _generating(user_id) if parked else 0
    for reply_id in parked[: max(free, 0)]:
        waiting = Reply.objects.filter(pk=reply_id, status=Status.QUEUED)
        waiting.update(is_parked=False, publish_at=Now())  # so the reaper takes it up at once if Redis does not
        if publish(ANSWER, reply_id):
            waiting.update(publish_at=Now() + settings.REPLY_REPUBLISH_AFTER)


def _generating(user_id: int) -> int:
    count: int = Reply.objects.filter(user_id=user_id, status=Status.GENERATING).count()
    return count


def _backoff(tries_left: int) -> float:
    """Seconds before the next try when the provider named none: about 1, then about 3, with jitter."""
    return (1.0 if tries_left == 3 else 3.0) * random.uniform(0.8, 1.4)  # noqa: S311 (not a secret)
