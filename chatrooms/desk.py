"""A person's conversations on the desk: how their answers fare, and, opened for a reason, what was said."""

from typing import Any, Final

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpResponseRedirect
from django.urls import reverse

from accounts.admin.base import Deed, Order
from accounts.admin.panels import SHOWN, Card, Link, Mark
from accounts.models import User
from accounts.staff import roles
from chatrooms import conversation
from chatrooms.models import UNFINISHED, Chatroom, Message, Reply, Role, Status

KINDS: Final = {
    Status.QUEUED: "info",
    Status.GENERATING: "info",
    Status.DONE: "success",
    Status.STOPPED: "warning",
    Status.FAILED: "danger",
}

# Cards


def replies_card(user: User) -> Card:
    """The answers that are waited for, and those that failed; a person's answers that are fine are not shown."""
    mine = Reply.objects.filter(user=user)
    newest = [newest_of(mine.filter(status__in=UNFINISHED)), newest_of(mine.filter(status=Status.FAILED))]
    shown = newest[0].union(newest[1], all=True).order_by("-pk")[:SHOWN]
    return Card(
        title="Answers under way and failed",
        headers=["Answer", "Room", "Asked", "State", "Because of", "Attempts"],
        rows=[
            [
                Link(str(each["pk"]), reverse("admin:chatrooms_reply_change", args=[each["pk"]])),
                _room_link(each["room_id"]),
                each["created_at"],
                Mark(each["status"], KINDS[Status(each["status"])]),
                each["error"],
                str(each["attempt"]),
            ]
            for each in shown
        ],
        none="No answer is under way, and none has failed.",
    )


def newest_of(replies: Any) -> QuerySet[Any]:
    """The newest few, with what a list shows."""
    found: QuerySet[Any] = replies.order_by("-pk").values("pk", "room_id", "created_at", "status", "error", "attempt")
    return found[:SHOWN]


def _room_link(room_id: int) -> Link:
    return Link(str(room_id), reverse("admin:chatrooms_chatroom_change", args=[room_id]))


def rooms_card(user: User) -> Card:
    """The rooms, without their names: these say what was talked about."""
    sent = (
        Message.objects.filter(room=OuterRef("pk"), role=Role.USER)
        .order_by()
        .values("room")
        .annotate(count=Count("*"))
        .values("count")
    )
    rooms: Any = Chatroom.objects.filter(user=user).annotate(sent=Subquery(sent)).order_by("-updated_at")[:SHOWN]
    return Card(
        title="Rooms",
        headers=["Room", "Messages", "Made", "Last activity", "Archived"],
        rows=[
            [
                _room_link(room.pk),
                str(room.sent or 0),
                room.created_at,
                room.updated_at,
                room.archived,
            ]
            for room in rooms
        ],
        none="No room.",
    )


# Deeds


def _retry(order: Order) -> str:
    conversation.retry_at_our_cost(user_id=order.target.user_id, message_id=order.target.answers_id)
    return "It is tried again, at no cost to the person."


RETRY: Final = Deed(
    name="retry",
    title="Try again",
    icon="refresh",
    permission="chatrooms.retry_reply",
    explain="Has the model asked once more. The unit that the person paid was given back when the answer failed, and "
    "this takes none.",
    act=_retry,
    when=lambda reply: reply.status == Status.FAILED and reply.is_current,
)


def _open_transcript(order: Order) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:chatrooms_chatroom_transcript", args=[order.target.pk]))


OPEN_TRANSCRIPT: Final = Deed(
    name="open_transcript",
    title="Open the transcript",
    icon="visibility",
    permission=roles.READ_TRANSCRIPT,
    explain="Shows what was said in this room, for a quarter of an hour. That you opened it, and why, is recorded.",
    act=_open_transcript,
)
