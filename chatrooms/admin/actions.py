"""The actions on the pages of a reply and of a room."""

from typing import Final

from django.http import HttpResponseRedirect
from django.urls import reverse

from accounts.admin.actions import ActionRequest, AdminAction
from accounts.staff import roles
from chatrooms import conversation
from chatrooms.models import Status


def _retry(request: ActionRequest) -> str:
    conversation.retry_at_our_cost(user_id=request.target.user_id, message_id=request.target.answers_id)
    return "The reply is generated again, at no cost to the user."


RETRY: Final = AdminAction(
    name="retry",
    title="Retry",
    icon="refresh",
    permission="chatrooms.retry_reply",
    description="Sends the message to the model once more. The user's unit was refunded when the reply failed, and "
    "this retry costs none.",
    run=_retry,
    is_available=lambda reply: reply.status == Status.FAILED and reply.is_current,
)


def _open_transcript(request: ActionRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:chatrooms_chatroom_transcript", args=[request.target.pk]))


OPEN_TRANSCRIPT: Final = AdminAction(
    name="open_transcript",
    title="Open the transcript",
    icon="visibility",
    permission=roles.READ_TRANSCRIPT,
    description="Shows the conversation of this room for 15 minutes. That you opened it, and why, is recorded.",
    run=_open_transcript,
)
