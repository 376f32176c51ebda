"""The retention of conversations: `RETAIN_MESSAGES_DAYS`. It is empty by default: they are kept for ever."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from accounts.personal_data import retention
from chatrooms.models import Chatroom, Message, Reply, Role, Summary


def outdated() -> QuerySet[Any] | None:
    """The users' messages to delete, which their replies cascade from; None if messages are kept for ever."""
    kept: timedelta | None = settings.RETAIN_MESSAGES
    if kept is None:
        return None
    unfinished = Reply.objects.filter(answers_id=OuterRef("pk")).unfinished()
    old: QuerySet[Any] = Message.objects.filter(role=Role.USER, created_at__lt=Now() - kept)
    return old.exclude(Exists(unfinished))


def delete(messages: QuerySet[Any]) -> int:
    """Delete these messages, and with them the summaries that cover them and the old rooms that are empty then.

    A newer empty room stays: its name may be all that the user has entered so far.
    """
    deleted = 0
    while batch := dict(messages.values_list("pk", "room_id")[: retention.BATCH]):
        with transaction.atomic():
            rooms = Chatroom.objects.filter(pk__in=set(batch.values()))
            _outdate_lists(rooms)
            deleted += Message.objects.filter(pk__in=batch).delete()[0]
            Summary.objects.filter(room__in=rooms, upto__gte=min(batch)).delete()
            left = Message.objects.filter(room_id=OuterRef("pk"))
            old = rooms.filter(~Exists(left), updated_at__lt=Now() - settings.RETAIN_MESSAGES)
            deleted += old.delete()[0]
    return deleted


def _outdate_lists(rooms: QuerySet[Any]) -> None:
    """Lock the users first, in the order of their ids, to prevent deadlocks with their own changes."""
    owners = rooms.order_by("user_id").values_list("user_id", flat=True).distinct()
    locked = User.objects.select_for_update(no_key=True).filter(pk__in=owners).order_by("pk")
    ids = list(locked.values_list("pk", flat=True))
    User.objects.filter(pk__in=ids).update(rooms_version=F("rooms_version") + 1)
