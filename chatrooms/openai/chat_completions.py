"""`POST /v1/chat/completions`."""

from typing import Any

from rest_framework import status
from rest_framework.request import Request

from accounts.api_keys.scopes import key_scope
from accounts.models import Scope
from chatrooms.limits import SendLimit, tier_of_request
from chatrooms.models import RoomKind
from chatrooms.openai import chat_dialect, schema
from chatrooms.openai.accepting import Accepted, accept, new_place, redirect
from chatrooms.openai.chat_request import asked_by, parse, said_in
from chatrooms.openai.views import OpenAIView, check_model


class ChatCompletionView(OpenAIView):
    """Replies to a conversation that the client keeps."""

    throttle_classes = (SendLimit,)

    @key_scope(Scope.MESSAGES_WRITE)
    @schema.operation("createChatCompletion", summary="Create a chat completion", **schema.CHAT_COMPLETION)
    def post(self, request: Request) -> Any:
        """Reply to a conversation, in OpenAI's dialect. docs/openai.md says which parameters there are."""
        body = parse(dict(request.data))
        check_model(request, body.model)
        said = said_in(body)
        said.check_length(tier_of_request(request), param="messages")

        def respond(accepted: Accepted) -> Any:
            options = {"stream": body.stream, "usage": body.stream_options.include_usage, "model": body.model}
            return redirect(request, accepted, dialect=chat_dialect.NAME, options=options)

        return accept(
            request,
            route="chat completion",
            said=said,
            asked=asked_by(body, said),
            place=lambda asked: new_place(request, kind=RoomKind.COMPLETION, asked=asked),
            respond=respond,
            status=status.HTTP_303_SEE_OTHER,
            param="messages",
        )
