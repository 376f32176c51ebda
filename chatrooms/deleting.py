"""Deletes one message of a user's."""

from django.db import transaction

from accounts.models import User
from chatrooms import redis_stream
from chatrooms.exceptions import MessageNotFound
from chatrooms.models import Message, Reply, Summary
from chatrooms.replies import publishing


def delete(*, user_id: int, message_id: int) -> None:
    """Delete a message with its replies. One that is being generated ends without a write, since its row is gone.

    Raises:
        MessageNotFound: it is not one of the user's.
    """
    with transaction.atomic():
        User.touch_rooms(user_id)
        message = Message.objects.of_user(user_id).filter(pk=message_id).first()
        if message is None:
            raise MessageNotFound
        Summary.objects.filter(room_id=message.room_id, upto__gte=message_id).delete()
        unfinished = list(Reply.objects.filter(answers=message).unfinished().values_list("pk", flat=True))
        message.delete()
        transaction.on_commit(lambda: redis_stream.delete(unfinished), robust=True)
        publishing.publish_next_on_commit(user_id)
