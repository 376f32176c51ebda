"""The list of replies: their status and numbers, never their content."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from accounts.admin.base import ReadOnlyAdmin, column, user_column
from chatrooms.admin.actions import RETRY
from chatrooms.admin.user_panels import STATUS_KINDS
from chatrooms.models import Reply, Status


@admin.register(Reply)
class ReplyAdmin(ReadOnlyAdmin):
    title = "Replies"
    list_display = ("pk_", "user_link", "room_", "status_", "error_", "model", "attempts", "output_tokens", "created")
    pk_ = column("pk", "Reply")
    user_link = user_column()
    room_ = column("room_id", "Room")
    error_ = column("error", "Error")
    attempts = column("attempt", "Attempts")
    created = column("created_at", "Created")
    list_filter = ("status",)
    search_ids = ("pk", "room_id", "user_id", "answers_id")
    search_help_text = "The id of a reply, of its message, of a room or of a user."
    fields = (
        "id",
        "answers_id",
        "room_id",
        "user_link",
        "status",
        "error",
        "attempt",
        "retries_left",
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
    page_actions = (RETRY,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reply]:
        """Do not even load the text."""
        return super().get_queryset(request).defer("content", "search")

    @display(description="Status", label={status.value: kind for status, kind in STATUS_KINDS.items()})
    def status_(self, reply: Reply) -> str:
        return Status(reply.status).value
