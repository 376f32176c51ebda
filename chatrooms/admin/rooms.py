"""The list of rooms, and a room's transcript."""

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

from accounts.admin.base import ReadOnlyAdmin, column, user_column
from accounts.models import StaffAction
from accounts.staff import roles
from chatrooms.admin.actions import OPEN_TRANSCRIPT
from chatrooms.models import READABLE, Chatroom, Message

TRANSCRIPT_OPEN_FOR: Final = timedelta(minutes=15)
"""How long an opened transcript stays open, for the staff member who opened it."""

MESSAGES_PER_PAGE: Final = 50


@admin.register(Chatroom)
class RoomAdmin(ReadOnlyAdmin):
    """Rooms, without their names, which say what the conversation is about."""

    title = "Rooms"
    list_display = ("pk_", "user_link", "kind", "created", "last_activity", "pinned", "archived")
    list_filter = ("kind",)
    pk_ = column("pk", "Room")
    user_link = user_column()
    created = column("created_at", "Created")
    last_activity = column("updated_at", "Last activity")
    fields = ("id", "user_link", "kind", "model", "temperature", "created_at", "updated_at", "pinned", "archived")
    search_ids = ("pk", "user_id")
    search_help_text = "The id of a room, or of a user."
    page_actions = (OPEN_TRANSCRIPT,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Chatroom]:
        """Do not even load what these pages must not show."""
        return super().get_queryset(request).defer("name", "system_instruction")

    def get_urls(self) -> list[URLPattern]:
        transcript = self.admin_site.admin_view(self.transcript_view)
        return [
            path("<int:room_id>/transcript/", transcript, name="chatrooms_chatroom_transcript"),
            *super().get_urls(),
        ]

    def transcript_view(self, request: HttpRequest, room_id: int) -> HttpResponseBase:
        """The conversation, if this staff member has opened it; otherwise a redirect to the form for the reason."""
        if not request.user.has_perm(roles.READ_TRANSCRIPT):
            raise PermissionDenied
        room = Chatroom.objects.filter(pk=room_id).first()
        if room is None:
            raise Http404
        opened = StaffAction.objects.filter(
            staff_id=request.user.pk,
            action=OPEN_TRANSCRIPT.name,
            target=str(room),
            created_at__gt=Now() - TRANSCRIPT_OPEN_FOR,
        ).order_by("-pk")
        if not (staff_action := opened.first()):
            return HttpResponseRedirect(reverse("admin:chatrooms_chatroom_do", args=[room_id, OPEN_TRANSCRIPT.name]))
        messages = Message.objects.in_room(room.pk).with_reply().order_by("pk")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,  # noqa: SLF001
            "title": f"Transcript of {room}",
            "page": Paginator(messages, MESSAGES_PER_PAGE).get_page(request.GET.get("page")),
            "readable": READABLE,
            "staff_action": staff_action,
        }
        return TemplateResponse(request, "admin_site/transcript.html", context)
