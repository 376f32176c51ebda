"""The rooms behind requests in another API's dialect, which are kept for a while only."""

from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from accounts.personal_data import retention
from chatrooms.models import Chatroom, Reply, RoomKind

KEPT: Final = {RoomKind.COMPLETION: timedelta(hours=1), RoomKind.RESPONSE: timedelta(days=30)}
"""Since their last activity: the end of the last reply, for example. OpenAI keeps responses as long."""


def outdated() -> QuerySet[Any]:
    """Those that are kept no longer, and have no reply whose text may still come."""
    unknown = Reply.objects.filter(room_id=OuterRef("pk")).unknown()
    old = Q()
    for kind, kept in KEPT.items():
        old |= Q(kind=kind, updated_at__lt=Now() - kept)
    return Chatroom.objects.exclude(kind=RoomKind.CHAT).filter(old).exclude(Exists(unknown))


def delete(rooms: QuerySet[Any]) -> int:
    """Delete these rooms with what is in them. The owners are locked first, as every change of a room does."""
    deleted = 0
    while batch := dict(rooms.values_list("pk", "user_id")[: retention.BATCH]):
        with transaction.atomic():
            owners = User.objects.select_for_update(no_key=True).filter(pk__in=set(batch.values())).order_by("pk")
            ids = list(owners.values_list("pk", flat=True))
            User.objects.filter(pk__in=ids).update(rooms_version=F("rooms_version") + 1)
            deleted += rooms.filter(pk__in=batch).delete()[0]
    return deleted
