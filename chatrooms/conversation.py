"""What a user does in a room: one function per verb, one transaction each, the task published on commit.

The user's row is the lock of all that user's changes. It is always taken first (`User.touch_rooms`), then the room,
then messages, so that two changes can wait for each other but never in a circle.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from billing import budget, quota
from billing.entitlements import tier_of
from billing.models import LedgerEntry
from chatrooms import replies
from chatrooms.exceptions import RoomNotFound, TooManyWaiting
from chatrooms.models import Chatroom, Message, Reply, Role, Status
from config.logs import request_id

WAIT_HINT = timedelta(seconds=5)
"""What `Retry-After` suggests to a client with too many waiting replies: about the time of one answer."""


def send(*, user_id: int, room_id: int, content: str) -> Message:
    """Accept a message and queue the reply to it, together or not at all.

    Messages of a room are answered in the order of their ids, which is the order in which they were accepted: the ids
    are given out under the user's lock.

    Raises:
        RoomNotFound: it is not one of the user's.
        TooManyWaiting: `Tier.waiting_replies` of the user's replies are unfinished.
        ServiceBudgetReached: the installation has used its tokens of today.
        QuotaExceeded: the user has used today's units.
    """
    with transaction.atomic():
        User.touch_rooms(user_id)
        if not Chatroom.objects.filter(pk=room_id, user_id=user_id).update(updated_at=Now()):
            raise RoomNotFound
        tier = tier_of(user_id=user_id)
        if Reply.objects.filter(user_id=user_id).unfinished().count() >= tier.waiting_replies:
            raise TooManyWaiting(f"At most {tier.waiting_replies} at once.", retry_after=WAIT_HINT.total_seconds())
        budget.check()
        unit_id = quota.take(user_id=user_id, tier=tier, kind=LedgerEntry.Kind.SEND)
        message = Message.objects.create(room_id=room_id, user_id=user_id, role=Role.USER, content=content)
        _queue_reply(message, unit_id)
    return message


def _queue_reply(message: Message, unit_id: int) -> None:
    reply = Reply.objects.create(
        room_id=message.room_id,
        user_id=message.user_id,
        role=Role.ASSISTANT,
        answers=message,
        is_current=True,
        status=Status.QUEUED,
        unit_id=unit_id,
        not_before=Now(),
        publish_at=Now() + settings.REPLY_REPUBLISH_AFTER,
        request_id=request_id(),
    )
    replies.publish_on_commit(reply.pk)


def delete_failed(*, user_id: int) -> int:
    """Delete the user's messages whose current reply failed, with their replies; how many messages that were."""
    with transaction.atomic():
        User.touch_rooms(user_id)
        failed = Reply.objects.filter(user_id=user_id, is_current=True, status=Status.FAILED)
        ids = list(failed.values_list("answers_id", flat=True))
        Message.objects.filter(pk__in=ids).delete()
    return len(ids)
