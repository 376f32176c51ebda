"""Rooms and answers at the desk. What was said is closed: a permission of its own, a reason and a record open it."""

from datetime import timedelta
from typing import Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.decorators import display

from accounts.admin import base, panels
from accounts.models import StaffAction
from accounts.staff import roles
from chatrooms import desk as people
from chatrooms.models import TOLD, Chatroom, Message, Reply, Status

panels.register_card(panels.Place.REPLIES, people.replies_card)
panels.register_card(panels.Place.ROOMS, people.rooms_card)

OPEN_FOR: Final = timedelta(minutes=15)
"""How long a transcript that was opened stays so, for whoever opened it."""

PAGE: Final = 50
"""Messages on a page of a transcript."""


@admin.register(Chatroom)
class RoomAdmin(base.DeskAdmin):
    """Rooms, without their names, which say what was talked about."""

    title = "Rooms"
    list_display = ("pk_", "person", "made", "last_activity", "pinned", "archived")
    pk_ = base.column("pk", "Room")
    person = base.person_column()
    made = base.column("created_at", "Made")
    last_activity = base.column("updated_at", "Last activity")
    fields = ("id", "person", "model", "temperature", "created_at", "updated_at", "pinned", "archived")
    search_ids = ("pk", "user_id")
    search_help_text = "A room's id, or a user's."
    deeds = (people.OPEN_TRANSCRIPT,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Chatroom]:
        """Leave in the database what nobody reads here."""
        return super().get_queryset(request).defer("name", "system_instruction")

    def get_urls(self) -> list[URLPattern]:
        """Add the transcript."""
        transcript = self.admin_site.admin_view(self.transcript_view)
        return [
            path("<int:room_id>/transcript/", transcript, name="chatrooms_chatroom_transcript"),
            *super().get_urls(),
        ]

    def transcript_view(self, request: HttpRequest, room_id: int) -> HttpResponseBase:
        """What was said, to whoever has opened it a moment ago; to everybody else the question why."""
        if not request.user.has_perm(roles.READ_TRANSCRIPT):
            raise PermissionDenied
        room = Chatroom.objects.filter(pk=room_id).first()
        if room is None:
            raise Http404
        opened = StaffAction.objects.filter(
            staff_id=request.user.pk,
            action=people.OPEN_TRANSCRIPT.name,
            target=str(room),
            created_at__gt=Now() - OPEN_FOR,
        ).order_by("-pk")
        if not (record := opened.first()):
            return HttpResponseRedirect(
                reverse("admin:chatrooms_chatroom_do", args=[room_id, people.OPEN_TRANSCRIPT.name])
            )
        said = Message.objects.in_room(room.pk).with_reply().order_by("pk")
        page = Paginator(said, PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,  # noqa: SLF001
            "title": f"Transcript of {room}",
            "page": page,
            "told": TOLD,
            "record": record,
        }
        return TemplateResponse(request, "desk/transcript.html", context)


@admin.register(Reply)
class ReplyAdmin(base.DeskAdmin):
    """Answers: how they fared, never what they say."""

    title = "Answers"
    list_display = ("pk_", "person", "room_", "state", "because_of", "model", "attempts", "output_tokens", "asked")
    pk_ = base.column("pk", "Answer")
    person = base.person_column()
    room_ = base.column("room_id", "Room")
    because_of = base.column("error", "Because of")
    attempts = base.column("attempt", "Attempts")
    asked = base.column("created_at", "Asked")
    list_filter = ("status",)
    search_ids = ("pk", "room_id", "user_id", "answers_id")
    search_help_text = "An id: of the answer, its message, its room or its user."
    fields = (
        "id",
        "answers_id",
        "room_id",
        "person",
        "status",
        "error",
        "attempt",
        "tries_left",
        "model",
        "finish_reason",
        "prompt_tokens",
        "output_tokens",
        "request_id",
        "created_at",
        "started_at",
        "finished_at",
        "lease_until",
        "is_current",
        "is_parked",
    )
    deeds = (people.RETRY,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reply]:
        """Leave the texts in the database."""
        return super().get_queryset(request).defer("content", "search")

    @display(description="State", label={status.value: kind for status, kind in people.KINDS.items()})
    def state(self, reply: Reply) -> str:
        """Where it is in its life."""
        return Status(reply.status).value
