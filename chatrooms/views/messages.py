"""Messages and replies over HTTP."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.api_keys.scopes import key_scope, require
from accounts.current_user import current_bearer, current_key, current_user
from accounts.idempotency import Made, idempotent
from accounts.models import Scope
from accounts.schema import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED
from billing import quota
from chatrooms import conversation, rows, schema
from chatrooms.exceptions import MessageNotFound, RoomNotFound, StreamUnavailable
from chatrooms.limits import SendLimit, tier_of_request
from chatrooms.long_poll import until_final
from chatrooms.models import MAX_CONTENT, Chatroom, Message, Reply
from chatrooms.reply_serializers import EarlierReplySerializer
from chatrooms.serializers import (
    DeletedSerializer,
    MessageSerializer,
    MessageWithFilesSerializer,
    NewMessageSerializer,
    WaitSerializer,
)
from chatrooms.streaming.sse import refusal_response
from chatrooms.tickets import Ticket
from config.http.pagination import FirstPage, LinkPagination
from config.http.parsers import JSONParser
from config.http.problems import problem_of


class MessageParser(JSONParser):
    """Accepts `MAX_CONTENT` characters however they are encoded: JSON may write each as two escapes of six bytes."""

    limit = 12 * MAX_CONTENT + 1024


class MessagePagination(LinkPagination):
    """The newest page first, oldest first in it."""

    page_size = 50
    ordering = ("-id",)
    position_field = serializers.IntegerField(min_value=1, max_value=2**63 - 1)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """The page in reading order."""
        page: list[Any] | None = super().paginate_queryset(queryset, request, view)
        return page[::-1] if page is not None else None


class ReplyPagination(LinkPagination):
    """Oldest first."""

    ordering = ("id",)
    position_field = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class MessageViews(viewsets.GenericViewSet[Message]):
    """What all views of messages share: which ones the user may see, and waiting for a reply."""

    parser_classes = (MessageParser,)
    serializer_class = MessageSerializer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Validate `?wait=` before anything is changed."""
        super().initial(request, *args, **kwargs)
        parameters = WaitSerializer(data=request.query_params.dict())
        parameters.is_valid(raise_exception=True)
        self._max_wait: float = parameters.validated_data["wait"]

    def when_final(self, message_id: int) -> dict[str, Any]:
        """One of the user's messages as JSON, when its reply is final or the wait is over.

        Raises:
            MessageNotFound: it is not one of the user's, or was deleted.
        """
        user = current_user(self.request)
        if self._max_wait and Message.objects.for_user(user).filter(pk=message_id).exists():
            until_final(message_id=message_id, seconds=self._max_wait)
        found = rows.message(user_id=user.pk, message_id=message_id)
        if not found:
            raise MessageNotFound
        return rows.message_json(found[0], bearer_id=current_bearer(self.request).pk)

    def accepted(self, message_id: int, sent: conversation.Sent | None = None) -> Response:
        """202 with the message, and what is left of the daily quota.

        Args:
            message_id: the message.
            sent: what is known of it, if it was sent by this request. It is not read again then, unless to wait.
        """
        if sent is None or self._max_wait:
            message = self.when_final(message_id)
        else:
            message = rows.message_json(sent.row, bearer_id=current_bearer(self.request).pk)
        allowance = sent.unit if sent else quota.allowance_of(user_id=current_user(self.request).pk)
        return Response(
            message,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"/message/{message_id}", **allowance.headers},
        )


def _validated(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class RoomMessageViewSet(MessageViews):
    """The messages of one of the user's chatrooms."""

    pagination_class = MessagePagination

    def get_throttles(self) -> list[BaseThrottle]:
        """Only sends have a burst limit."""
        return [SendLimit()] if self.action == "create" else []

    @key_scope(Scope.MESSAGES_WRITE)
    @extend_schema(
        summary="Send a message",
        request=MessageWithFilesSerializer,
        responses={202: MessageSerializer},
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, *schema.REQUESTS_REPLY],
        examples=[OpenApiExample("Question", {"content": "What is a monsoon?"}, request_only=True)],
    )
    def create(self, request: Request, room_id: int) -> Response:
        """Accept the message. Gemini replies in the background, in the order of the room's messages."""
        new = _validated(MessageWithFilesSerializer(data=request.data))
        key = current_key(request)
        if key and new.get("file_ids"):  # the model would read them to it
            require(key, Scope.FILES)

        def send() -> Made:
            sent = conversation.send(
                user_id=current_user(request).pk,
                room_id=room_id,
                tier=tier_of_request(request),
                api_key=key,
                **new,
            )
            return Made(object_id=sent.pk, data=sent)

        def respond(made: Made) -> Response:
            return self.accepted(made.object_id, made.data)

        return idempotent(
            request,
            route="message",
            status=status.HTTP_202_ACCEPTED,
            make=send,
            respond=respond,
            body={"room": room_id, **new},
        )

    @key_scope(Scope.ROOMS_READ)
    @extend_schema(summary="List a chatroom's messages")
    def list(self, request: Request, room_id: int) -> Response:
        """The newest page, oldest first in it; `Link` leads back in time."""
        user, bearer = current_user(request), current_bearer(request)
        found: Any = FirstPage(lambda limit: rows.newest_messages(user_id=user.pk, room_id=room_id, limit=limit))
        if "cursor" in request.query_params:
            found = rows.with_current_reply(Message.objects.listed().of_user(user.pk).in_room(room_id))
        page = self.paginate_queryset(found) or []
        if not page and not Chatroom.objects.for_user(user).filter(pk=room_id).exists():
            raise RoomNotFound
        return self.get_paginated_response([rows.message_json(row, bearer_id=bearer.pk) for row in page])


class RepliesViewSet(viewsets.GenericViewSet[Reply]):
    """The replies to one of the user's messages."""

    serializer_class = EarlierReplySerializer
    pagination_class = ReplyPagination

    @key_scope(Scope.ROOMS_READ)
    @extend_schema(summary="List the replies to a message")
    def list(self, request: Request, message_id: int) -> Response:
        """All replies to it, oldest first, each with the text that it replied to; one of them is the current one."""
        if not Message.objects.for_user(request.user).filter(pk=message_id).exists():
            raise MessageNotFound
        found = Reply.objects.filter(answers_id=message_id).select_related("answers", "revision")
        page = self.paginate_queryset(found.defer("search", "answers__search"))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class MessageViewSet(MessageViews):
    """The user's messages by their ids."""

    pagination_class = None

    def get_throttles(self) -> list[BaseThrottle]:
        """Everything that requests a reply counts as a send."""
        return [SendLimit()] if self.action in ("partial_update", "retry", "regenerate") else []

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Accept `text/event-stream` for a stream, which the other actions refuse."""
        return super().perform_content_negotiation(request, force=force or self.action == "stream")

    def handle_exception(self, exc: Exception) -> Any:
        """Refuse a stream in a way that lets an EventSource reconnect."""
        if self.action == "stream":
            return refusal_response(problem_of(exc), accept=self.request.headers.get("Accept", ""))
        return super().handle_exception(exc)

    @key_scope(Scope.ROOMS_READ)
    @extend_schema(summary="Get a message", parameters=[WaitSerializer])
    def retrieve(self, request: Request, message_id: int) -> Response:
        """One message with its reply."""
        return Response(self.when_final(message_id))

    @key_scope(Scope.MESSAGES_WRITE)
    @extend_schema(
        summary="Edit the last message",
        request=NewMessageSerializer,
        responses={202: MessageSerializer},
        parameters=[*schema.REQUESTS_REPLY],
        examples=[OpenApiExample("Question", {"content": "What is a monsoon, in one line?"}, request_only=True)],
    )
    def partial_update(self, request: Request, message_id: int) -> Response:
        """Change the last message of a room and request a reply to it; the old text is kept with its replies."""
        content = _validated(NewMessageSerializer(data=request.data))["content"]
        conversation.edit(
            user_id=current_user(request).pk, message_id=message_id, content=content, api_key=current_key(request)
        )
        return self.accepted(message_id)

    @key_scope(Scope.MESSAGES_WRITE)
    @extend_schema(summary="Stop a reply", request=None)
    def stop(self, request: Request, message_id: int) -> Response:
        """Stop it at once. The text so far is kept."""
        conversation.stop(user_id=current_user(request).pk, message_id=message_id)
        return Response(self.when_final(message_id))

    @key_scope(Scope.MESSAGES_WRITE)
    @extend_schema(
        summary="Retry a failed reply",
        request=None,
        responses={202: MessageSerializer},
        parameters=[*schema.REQUESTS_REPLY],
    )
    def retry(self, request: Request, message_id: int) -> Response:
        """Queue a failed reply again."""
        conversation.retry(user_id=current_user(request).pk, message_id=message_id, api_key=current_key(request))
        return self.accepted(message_id)

    @key_scope(Scope.MESSAGES_WRITE)
    @extend_schema(
        summary="Regenerate a reply",
        request=None,
        responses={202: MessageSerializer},
        parameters=[*schema.REQUESTS_REPLY],
    )
    def regenerate(self, request: Request, message_id: int) -> Response:
        """Request a further reply to the message; the earlier ones stay readable."""
        conversation.regenerate(user_id=current_user(request).pk, message_id=message_id, api_key=current_key(request))
        return self.accepted(message_id)

    @key_scope(Scope.ROOMS_READ)
    @extend_schema(
        summary="Stream a reply",
        description="Server-sent events. This redirects to the process that streams; `stream_url` of a message "
        "goes there directly. See docs/streaming.md.",
        parameters=[*schema.STREAM_PARAMETERS],
        responses=schema.STREAM_RESPONSES,
        auth=[{"accessToken": []}, {"apiKey": [Scope.ROOMS_READ.value]}, {}],  # type: ignore[list-item]
    )
    def stream(self, request: Request, message_id: int) -> HttpResponseBase:
        """Redirect to the process that streams."""
        if ticket_sent := request.query_params.get("ticket"):
            Ticket.parse(ticket_sent)
            raise StreamUnavailable(retry_after=5)  # the URL came from here, so no process at STREAM_ORIGIN streams
        message = self.when_final(message_id)
        ticket = Ticket(reply_id=message["reply"]["id"], bearer_id=current_bearer(request).pk)
        after = {"after": request.query_params["after"]} if "after" in request.query_params else {}
        query = urlencode({"ticket": str(ticket), **after}, safe=":")
        response = HttpResponseRedirect(f"{settings.STREAM_ORIGIN}/message/{message_id}/stream?{query}")
        response.status_code = status.HTTP_307_TEMPORARY_REDIRECT
        return response

    @key_scope(Scope.MESSAGES_WRITE)
    @extend_schema(summary="Delete failed messages", responses={200: DeletedSerializer})
    def cleanup(self, request: Request) -> Response:
        """Delete the messages whose reply failed."""
        return Response({"deleted": conversation.delete_failed(user_id=current_user(request).pk)})
