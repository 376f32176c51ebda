"""`/v1/ui/chat`: the chat that `useChat` of the AI SDK talks to."""

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api_keys.scopes import key_scope, require
from accounts.current_user import current_bearer, current_key, current_user
from accounts.models import Scope
from accounts.schema import IDEMPOTENCY_KEY
from chatrooms.limits import SendLimit, tier_of_request
from chatrooms.live_redirects import to_live_reply
from chatrooms.models import Reply
from chatrooms.schema import SSE, response_header
from chatrooms.ui_messages import chats, dialect
from chatrooms.ui_messages.serializers import REGENERATE, UiChatSerializer
from config.http.parsers import LargeJSONParser

RESET_STEP = OpenApiParameter(
    "reset_step",
    {"type": "boolean", "default": False},
    description="Whether your client knows `reset-step`: what an attempt wrote that broke off then disappears. "
    "Otherwise a new step begins, whose text is the reply.",
)
EXAMPLE = {
    "id": "my-chat",
    "messages": [{"id": "k4Q", "role": "user", "parts": [{"type": "text", "text": "What is a monsoon?"}]}],
    "trigger": "submit-message",
}
LOCATION = response_header("Location", "string", "The URL of the stream.", 303)
STREAM = {
    (200, SSE): OpenApiResponse(
        response={"type": "string", "contentMediaType": SSE},
        description="From the process that streams: the chunks of the AI SDK's UI message stream (v1), and "
        "`data: [DONE]`.",
    ),
    303: OpenApiResponse(description="To the process that streams, with a ticket in the URL."),
}


class ResetStepSerializer(serializers.Serializer[Any]):
    """The parameters of both routes."""

    reset_step = serializers.BooleanField(default=False)


class UiChatView(APIView):
    """Messages of a chat."""

    parser_classes = (LargeJSONParser,)
    throttle_classes = (SendLimit,)

    @key_scope(Scope.MESSAGES_WRITE)
    @extend_schema(
        tags=["ui"],
        operation_id="sendUiMessage",
        summary="Send a message from the AI SDK",
        request=UiChatSerializer,
        responses=STREAM,
        parameters=[RESET_STEP, LOCATION, IDEMPOTENCY_KEY],
        examples=[OpenApiExample("Question", EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Accept the last of the messages, and redirect to its reply. See docs/ui_stream.md."""
        resets = _resets(request)
        body = UiChatSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked = dict(body.validated_data)
        trigger = asked.pop("trigger")
        turn = chats.Turn(**asked, key=request.headers.get("Idempotency-Key"))
        user_id, key = current_user(request).pk, current_key(request)
        if key and turn.files:
            require(key, Scope.FILES)
        if trigger == REGENERATE:
            message_id = chats.regenerate(user_id=user_id, turn=turn, api_key=key)
        else:
            message_id = chats.submit(user_id=user_id, turn=turn, tier=tier_of_request(request), api_key=key)
        return _to_stream(request, chats.reply_to(user_id=user_id, message_id=message_id), resets=resets)


class UiChatStreamView(APIView):
    """The reply that is under way."""

    @key_scope(Scope.ROOMS_READ)
    @extend_schema(
        tags=["ui"],
        operation_id="resumeUiStream",
        summary="Resume a reply in the AI SDK",
        responses={**STREAM, 204: OpenApiResponse(description="Nothing is under way.")},
        parameters=[RESET_STEP, LOCATION],
    )
    def get(self, request: Request, chat_id: str) -> HttpResponseBase:
        """Redirect to the reply that is under way, from its beginning; 204 if there is none."""
        resets = _resets(request)
        reply = chats.unfinished_reply(user_id=current_user(request).pk, chat_id=chat_id)
        if reply is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return _to_stream(request, reply, resets=resets)

    @key_scope(Scope.MESSAGES_WRITE)
    @extend_schema(operation_id="stopUiReply", tags=["ui"], summary="Stop a reply in the AI SDK", responses={204: None})
    def delete(self, request: Request, chat_id: str) -> Response:
        """Stop the reply that is under way, if there is one. Its text so far is kept."""
        chats.stop(user_id=current_user(request).pk, chat_id=chat_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _resets(request: Request) -> bool:
    parameters = ResetStepSerializer(data=request.query_params.dict())
    parameters.is_valid(raise_exception=True)
    return bool(parameters.validated_data["reset_step"])


def _to_stream(request: Request, reply: Reply, *, resets: bool) -> HttpResponseBase:
    return to_live_reply(
        request,
        reply_id=reply.pk,
        bearer_id=current_bearer(request).pk,
        dialect=dialect.NAME,
        options={"resets": resets},
        headers={},
    )
