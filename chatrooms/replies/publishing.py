"""Sends replies to the workers: on commit, when a slot becomes free, and again when no worker claimed one.

What Redis does not accept is not lost: the reaper publishes every reply whose `publish_at` has passed.
"""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet, Value
from django.db.models.functions import Greatest, Least, Now

from accounts.models import EventType
from accounts.webhooks import outbox
from billing.entitlements import tier_of
from chatrooms.models import Reply, Status
from chatrooms.replies.concurrency import free_slots
from config.celery import publish
from config.infrastructure.compiled import compiled
from config.observability import tracing

GENERATE_REPLY: Final = "chatrooms.tasks.answer"
"""The task's name in the broker."""

TOLD: Final = {
    Status.DONE: EventType.REPLY_DONE,
    Status.FAILED: EventType.REPLY_FAILED,
    Status.STOPPED: EventType.REPLY_STOPPED,
}
"""The event of each end of a reply."""

MAX_REPUBLISH_INTERVAL: Final = timedelta(seconds=60)
BATCH: Final = 500


def publish_on_commit(reply_id: int) -> None:
    """Send the reply to a worker when the transaction has committed."""
    transaction.on_commit(lambda: publish(GENERATE_REPLY, reply_id), robust=True)


def tell_end(reply: Reply, status: Status, *, error: str = "") -> None:
    """Tell the user's webhooks that a reply has ended, in the transaction that ends it."""
    ids = {"chatroom_id": reply.room_id, "message_id": reply.answers_id, "reply_id": reply.pk}
    outbox.tell(user_id=reply.user_id, type=TOLD[status], data=ids | ({"error": error} if error else {}))


def publish_next_on_commit(user_id: int) -> None:
    """Call `publish_next` when the transaction, in which a slot became free, has committed."""
    transaction.on_commit(lambda: publish_next(user_id=user_id), robust=True)


def publish_next(*, user_id: int) -> None:
    """Publish the user's parked replies that may start now: the next of a room, and those that waited for a slot."""
    if not _parked(user_id=user_id, limit=1):
        return
    parked = list(
        Reply.objects.due().filter(user_id=user_id, is_parked=True).order_by("pk").values_list("pk", flat=True)
    )
    free = free_slots(user_id=user_id, tier=tier_of(user_id=user_id)) if parked else 0
    for reply_id in parked[:free]:
        waiting = Reply.objects.filter(pk=reply_id, status=Status.QUEUED)
        waiting.update(is_parked=False, publish_at=Now())  # so the reaper publishes it at once if Redis does not accept
        with tracing.apart():
            is_published = publish(GENERATE_REPLY, reply_id)
        if is_published:
            waiting.update(publish_at=Now() + settings.REPLY_REPUBLISH_AFTER)


@compiled
def _parked(user_id: int) -> QuerySet[Reply, Any]:
    found: QuerySet[Reply, Any] = Reply.objects.filter(user_id=user_id, is_parked=True).values("pk")
    return found


def republish_due() -> int:
    """Publish the replies that no worker has claimed in time, until Redis accepts no more; how many."""
    published = 0
    due = Reply.objects.due().filter(publish_at__lte=Now()).order_by("pk").values_list("pk", flat=True)
    for reply_id in due[:BATCH]:
        if not publish(GENERATE_REPLY, reply_id):
            break
        # Each reply waits longer each time, so that a long queue does not fill up with copies of itself.
        age = ExpressionWrapper(Now() - F("next_attempt_at"), output_field=DurationField())
        pause = Least(Greatest(age, Value(settings.REPLY_REPUBLISH_AFTER)), Value(MAX_REPUBLISH_INTERVAL))
        Reply.objects.filter(pk=reply_id, status=Status.QUEUED).update(publish_at=Now() + pause)
        published += 1
    return published
