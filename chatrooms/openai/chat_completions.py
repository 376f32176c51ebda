"""`POST /v1/chat/completions`."""

from typing import Any

from django.db import transaction
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request

from accounts.api_keys.scopes import key_scope
from accounts.current_user import current_bearer, current_key, current_user
from accounts.idempotency import Made, idempotent
from accounts.models import Scope
from accounts.schema import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED
from chatrooms import conversation, rooms
from chatrooms.limits import SendLimit, tier_of_request
from chatrooms.live_redirects import to_live_reply
from chatrooms.models import RoomKind
from chatrooms.openai import chat_dialect, errors
from chatrooms.openai.chat_request import ChatRequest, Conversation, asked_by, parse
from chatrooms.openai.views import OpenAIView, check_model


class ChatCompletionView(OpenAIView):
    """Replies to a conversation that the client keeps."""

    throttle_classes = (SendLimit,)

    @key_scope(Scope.MESSAGES_WRITE)
    @extend_schema(
        operation_id="createChatCompletion",
        summary="Create a chat completion",
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
        request=ChatRequest,
        responses={303: None},
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Accept the conversation, and redirect to the reply, which is sent as it is written, or when it is whole."""
        body = parse(dict(request.data))
        check_model(request, body.model)
        said = Conversation(body)
        tier = tier_of_request(request)
        said.check_length(tier)
        asked = asked_by(body, said)
        user_id, key = current_user(request).pk, current_key(request)

        def send() -> Made:
            with transaction.atomic():
                room = rooms.create_hidden(user_id=user_id, kind=RoomKind.COMPLETION)
                sent = conversation.send(
                    user_id=user_id, room_id=room.pk, content=said.question, tier=tier, api_key=key, asked=asked
                )
            return Made(object_id=sent.row["current__id"], data=sent.unit.headers)

        def respond(made: Made) -> Any:
            headers = errors.rate_limits(made.data or {})
            options = {"stream": body.stream, "usage": body.stream_options.include_usage, "model": body.model}
            return to_live_reply(
                request,
                reply_id=made.object_id,
                bearer_id=current_bearer(request).pk,
                dialect=chat_dialect.NAME,
                options=options,
                headers=headers,
            )

        return idempotent(
            request, route="chat completion", status=status.HTTP_303_SEE_OTHER, make=send, respond=respond
        )
