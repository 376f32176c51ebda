"""Erasing an account: the steps for its chatrooms. Each step can be repeated safely."""

from datetime import timedelta

from django.core.cache import cache
from django.db.models.functions import Now

from accounts.personal_data.retention import delete_in_batches
from chatrooms import redis_stream
from chatrooms.models import Chatroom, Message, Reply, Role


def end_replies(*, user_id: int) -> None:
    """Delete the unfinished replies: no worker claims the queued ones, and a worker that generates one loses its lease.

    Each is deleted together with its message, since every message has a reply. One at a time: a statement that locks
    several replies could deadlock with a worker that renews its leases. No further reply can be queued, since the
    account is marked.
    """
    unfinished = dict(Reply.objects.filter(user_id=user_id).unfinished().values_list("pk", "answers_id"))
    for message_id in unfinished.values():
        Message.objects.filter(pk=message_id).delete()
    redis_stream.delete(unfinished)


def delete_conversations(*, user_id: int) -> None:
    """Delete the user's messages with the replies to them, and then the rooms."""
    recent = Reply.objects.filter(user_id=user_id, finished_at__gt=Now() - timedelta(seconds=redis_stream.LIVE_SECONDS))
    redis_stream.delete(recent.values_list("pk", flat=True))
    delete_in_batches(Message.objects.filter(user_id=user_id, role=Role.USER))
    delete_in_batches(Chatroom.objects.filter(user_id=user_id))


def forget_lists(*, user_id: int) -> None:
    """Delete the cached lists of the user's rooms. If Redis is unavailable, they expire after 300 s."""
    cache.delete_pattern(f"rooms:{user_id}:*")  # type: ignore[attr-defined]  # of django-redis
