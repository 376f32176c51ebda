"""The panels of a user's page that chatrooms adds: replies and rooms."""

from typing import Any, Final

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.urls import reverse

from accounts.admin.panel_registry import ROWS, Badge, Link, Panel
from accounts.models import User
from chatrooms.models import UNFINISHED, Chatroom, Message, Reply, Role, Status

STATUS_KINDS: Final = {
    Status.QUEUED: "info",
    Status.GENERATING: "info",
    Status.DONE: "success",
    Status.STOPPED: "warning",
    Status.FAILED: "danger",
}
"""The colour of each status."""


def replies_panel(user: User) -> Panel:
    """The unfinished replies and the failed ones; a user's other replies are not shown."""
    replies = Reply.objects.filter(user=user)
    unfinished = _newest(replies.filter(status__in=UNFINISHED))
    failed = _newest(replies.filter(status=Status.FAILED))
    shown = unfinished.union(failed, all=True).order_by("-pk")[:ROWS]
    return Panel(
        title="Unfinished and failed replies",
        headers=["Reply", "Room", "Created", "Status", "Error", "Attempts"],
        rows=[
            [
                Link(str(each["pk"]), reverse("admin:chatrooms_reply_change", args=[each["pk"]])),
                _room_link(each["room_id"]),
                each["created_at"],
                Badge(each["status"], STATUS_KINDS[Status(each["status"])]),
                each["error"],
                str(each["attempt"]),
            ]
            for each in shown
        ],
        empty_text="No reply is unfinished, and none has failed.",
    )


def _newest(replies: Any) -> QuerySet[Any]:
    newest: QuerySet[Any] = replies.order_by("-pk").values("pk", "room_id", "created_at", "status", "error", "attempt")
    return newest[:ROWS]


def _room_link(room_id: int) -> Link:
    return Link(str(room_id), reverse("admin:chatrooms_chatroom_change", args=[room_id]))


def rooms_panel(user: User) -> Panel:
    """The rooms that the user lists, without their names: a name says what the conversation is about."""
    message_count = (
        Message.objects.filter(room=OuterRef("pk"), role=Role.USER)
        .order_by()
        .values("room")
        .annotate(count=Count("*"))
        .values("count")
    )
    rooms: Any = Chatroom.objects.listed().filter(user=user).annotate(message_count=Subquery(message_count))
    return Panel(
        title="Rooms",
        headers=["Room", "Messages", "Created", "Last activity", "Archived"],
        rows=[
            [
                _room_link(room.pk),
                str(room.message_count or 0),
                room.created_at,
                room.updated_at,
                room.archived,
            ]
            for room in rooms.order_by("-updated_at")[:ROWS]
        ],
        empty_text="No rooms.",
    )
