"""Rooms and messages over HTTP."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.current_user import current_user
from accounts.idempotency import Made, idempotent
from accounts.schema import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED
from billing import quota
from chatrooms import conversation, rooms, schema, search
from chatrooms.exceptions import MessageNotFound, RoomNotFound, StreamUnavailable
from chatrooms.limits import SearchLimit, SendLimit
from chatrooms.long_poll import until_final
from chatrooms.models import MAX_CONTENT, Chatroom, Message, Reply
from chatrooms.serializers import (
    DeletedSerializer,
    EarlierReplySerializer,
    FoundSerializer,
    MessageSerializer,
    NewMessageSerializer,
    RoomSerializer,
    RoomWithMessagesSerializer,
    SearchSerializer,
    WaitSerializer,
)
from chatrooms.streaming.sse import refusal_response
from chatrooms.tickets import Ticket
from config.http.pagination import LinkPagination
from config.http.parsers import JSONParser
from config.http.problems import problem_of

LATEST = 20
"""Messages that a room brings along."""


class MessageParser(JSONParser):
    """Takes a message of `MAX_CONTENT` characters in any spelling: JSON may write each as two escapes of six bytes."""

    limit = 12 * MAX_CONTENT + 1024


class RoomPagination(LinkPagination):
    """Pinned ones first, then newest activity."""

    ordering = ("-listed_at", "-id")
    position_field = serializers.DateTimeField()


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


def _content_of(request: Request) -> str:
    serializer = NewMessageSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    return str(serializer.validated_data["content"])


def _wants_archived(request: Request) -> bool:
    asked = serializers.BooleanField()
    asked.field_name = "archived"
    try:
        return bool(asked.run_validation(request.query_params.get("archived", "false")))
    except serializers.ValidationError as error:
        raise serializers.ValidationError({"archived": error.detail}) from None


class ChatroomViewSet(viewsets.GenericViewSet[Chatroom]):
    """The caller's chatrooms."""

    serializer_class = RoomSerializer
    pagination_class = RoomPagination
    lookup_url_kwarg = "room_id"

    def get_queryset(self) -> Any:
        """Only the caller's: a stranger's room does not exist."""
        return Chatroom.objects.for_user(current_user(self.request))

    @extend_schema(
        summary="Create a chatroom",
        responses={201: RoomSerializer},
        examples=[OpenApiExample("Room", {"name": "Trip"}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Make a room; without a name it is called `New chat` until the model has found a title for it."""
        data = self._checked(request)
        room = rooms.create(user_id=current_user(request).pk, **data)
        return Response(self.get_serializer(room).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="List the chatrooms",
        parameters=[OpenApiParameter("archived", OpenApiTypes.BOOL, description="`true` lists the archived ones.")],
    )
    def list(self, request: Request) -> Response:
        """The rooms that are not archived (or those that are): pinned ones first, then newest activity."""
        first_page, host = not request.query_params, request.get_host()
        page: dict[str, Any] | None = rooms.cached_list(current_user(request), host=host) if first_page else None
        if page is None:
            found = self.paginate_queryset(self.get_queryset().filter(archived=_wants_archived(request)))
            response = self.get_paginated_response(self.get_serializer(found, many=True).data)
            page = {"rooms": response.data, "link": response.headers.get("Link")}
            if first_page:
                rooms.cache_list(current_user(request), page, host=host)
        return Response(page["rooms"], headers={"Link": page["link"]} if page["link"] else None)

    @extend_schema(summary="Get a chatroom", responses=RoomWithMessagesSerializer)
    def retrieve(self, request: Request, room_id: int) -> Response:
        """One room with its newest messages."""
        room = self.get_queryset().filter(pk=room_id).first()
        if room is None:
            raise RoomNotFound
        newest = Message.objects.in_room(room.pk).with_reply().order_by("-id")[:LATEST]
        data = RoomSerializer(room).data
        seen_by = {"session": request.auth}
        data["messages"] = MessageSerializer(list(newest)[::-1], many=True, context=seen_by).data
        return Response(data)

    @extend_schema(
        summary="Change a chatroom", examples=[OpenApiExample("Rename", {"name": "Trip to Goa"}, request_only=True)]
    )
    def partial_update(self, request: Request, room_id: int) -> Response:
        """Change the fields that are sent."""
        room = rooms.change(user_id=current_user(request).pk, room_id=room_id, **self._checked(request, partial=True))
        return Response(self.get_serializer(room).data)

    @extend_schema(summary="Delete a chatroom", responses={204: None})
    def destroy(self, request: Request, room_id: int) -> Response:
        """Delete the room and all that was said in it."""
        rooms.delete(user_id=current_user(request).pk, room_id=room_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _checked(self, request: Request, *, partial: bool = False) -> dict[str, Any]:
        serializer = self.get_serializer(data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class SearchPagination(LinkPagination):
    """The best matches first."""

    ordering = ("-position",)
    position_field = serializers.DecimalField(max_digits=search.POSITION_DIGITS, decimal_places=0)


class SearchViewSet(viewsets.GenericViewSet[Message]):
    """What the caller wrote and was answered."""

    serializer_class = FoundSerializer
    pagination_class = SearchPagination
    throttle_classes = (SearchLimit,)

    @extend_schema(summary="Search", parameters=[SearchSerializer])
    def list(self, request: Request) -> Response:
        """Find words, "phrases", `this or that`, `-without`, in all rooms or in one; the best matches first.

        Of very many matches only the newest 500 are told.
        """
        asked = SearchSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        query = asked.validated_data["q"]
        matches = search.matching_messages(
            user=current_user(request), query=query, room_id=asked.validated_data.get("chatroom")
        )
        page = self.paginate_queryset(matches.select_related("room"))
        data = FoundSerializer(page, many=True, context={"query": query}).data
        return self.get_paginated_response(data)


class MessageViews(viewsets.GenericViewSet[Message]):
    """What all views of messages share: who sees them, and waiting for an answer."""

    parser_classes = (MessageParser,)
    serializer_class = MessageSerializer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Read `?wait=` before anything is done."""
        super().initial(request, *args, **kwargs)
        asked = WaitSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        self._patience: float = asked.validated_data["wait"]

    def get_serializer_context(self) -> dict[str, Any]:
        """Show messages to the caller's session: a stream's address is good for that one alone."""
        return {**super().get_serializer_context(), "session": self.request.auth}

    def when_final(self, message_id: int) -> Message:
        """One of the caller's messages, when the wait is over.

        Raises:
            MessageNotFound: it is not one of theirs, or was deleted.
        """
        mine = Message.objects.for_user(self.request.user).filter(pk=message_id)
        if self._patience and mine.exists():
            until_final(message_id=message_id, seconds=self._patience)
        message: Message | None = mine.with_reply().first()
        if message is None:
            raise MessageNotFound
        return message

    def accepted(self, message_id: int) -> Response:
        """202 with the message, and what is left of the day's allowance."""
        message = self.when_final(message_id)
        allowance = quota.allowance_of(user_id=current_user(self.request).pk).headers
        return Response(
            self.get_serializer(message).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"/message/{message.pk}", **allowance},
        )


class RoomMessageViewSet(MessageViews):
    """The messages of one of the caller's chatrooms."""

    pagination_class = MessagePagination

    def get_throttles(self) -> list[BaseThrottle]:
        """Sends are limited in bursts; reading is not."""
        return [SendLimit()] if self.action == "create" else []

    @extend_schema(
        summary="Send a message",
        request=NewMessageSerializer,
        responses={202: MessageSerializer},
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, *schema.ANEW],
        examples=[OpenApiExample("Question", {"content": "What is a monsoon?"}, request_only=True)],
    )
    def create(self, request: Request, room_id: int) -> Response:
        """Accept the message; Gemini answers in the background, in the order of the room's messages."""
        content = _content_of(request)

        def send() -> Made:
            message = conversation.send(user_id=current_user(request).pk, room_id=room_id, content=content)
            return Made(object_id=message.pk)

        def respond(sent: Made) -> Response:
            return self.accepted(sent.object_id)

        return idempotent(
            request,
            route="message",
            status=status.HTTP_202_ACCEPTED,
            make=send,
            respond=respond,
            body={"room": room_id, "content": content},
        )

    @extend_schema(summary="List a chatroom's messages")
    def list(self, request: Request, room_id: int) -> Response:
        """The newest page, oldest first in it; `Link` leads back in time."""
        if not Chatroom.objects.for_user(request.user).filter(pk=room_id).exists():
            raise RoomNotFound
        found = self.paginate_queryset(Message.objects.in_room(room_id).with_reply())
        return self.get_paginated_response(self.get_serializer(found, many=True).data)


class RepliesViewSet(viewsets.GenericViewSet[Reply]):
    """The replies to one of the caller's messages."""

    serializer_class = EarlierReplySerializer
    pagination_class = ReplyPagination

    @extend_schema(summary="List the replies to a message")
    def list(self, request: Request, message_id: int) -> Response:
        """All replies to it, oldest first, each with the text that it answered; one of them is the current one."""
        if not Message.objects.for_user(request.user).filter(pk=message_id).exists():
            raise MessageNotFound
        found = Reply.objects.filter(answers_id=message_id).select_related("answers", "revision")
        page = self.paginate_queryset(found.defer("search", "answers__search"))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class MessageViewSet(MessageViews):
    """The caller's messages by their own ids."""

    pagination_class = None

    def get_throttles(self) -> list[BaseThrottle]:
        """What makes the model answer anew counts among the sends."""
        return [SendLimit()] if self.action in ("partial_update", "retry", "regenerate") else []

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Readers of streams ask for `text/event-stream`, and shall get that far."""
        return super().perform_content_negotiation(request, force=force or self.action == "stream")

    def handle_exception(self, exc: Exception) -> Any:
        """Refuse a stream so that the reader comes back."""
        if self.action == "stream":
            return refusal_response(problem_of(exc), accept=self.request.headers.get("Accept", ""))
        return super().handle_exception(exc)

    @extend_schema(summary="Get a message", parameters=[WaitSerializer])
    def retrieve(self, request: Request, message_id: int) -> Response:
        """One message with its reply."""
        return Response(self.get_serializer(self.when_final(message_id)).data)

    @extend_schema(
        summary="Edit the last message",
        request=NewMessageSerializer,
        responses={202: MessageSerializer},
        parameters=[*schema.ANEW],
        examples=[OpenApiExample("Question", {"content": "What is a monsoon, in one line?"}, request_only=True)],
    )
    def partial_update(self, request: Request, message_id: int) -> Response:
        """Change the last message of a room and have it answered anew; the old text stays with its replies."""
        conversation.edit(user_id=current_user(request).pk, message_id=message_id, content=_content_of(request))
        return self.accepted(message_id)

    @extend_schema(summary="Stop an answer", request=None)
    def stop(self, request: Request, message_id: int) -> Response:
        """Stop it at once; what was said until then is kept."""
        conversation.stop(user_id=current_user(request).pk, message_id=message_id)
        return Response(self.get_serializer(self.when_final(message_id)).data)

    @extend_schema(
        summary="Retry a failed answer", request=None, responses={202: MessageSerializer}, parameters=[*schema.ANEW]
    )
    def retry(self, request: Request, message_id: int) -> Response:
        """Have a failed answer tried again."""
        conversation.retry(user_id=current_user(request).pk, message_id=message_id)
        return self.accepted(message_id)

    @extend_schema(
        summary="Regenerate an answer", request=None, responses={202: MessageSerializer}, parameters=[*schema.ANEW]
    )
    def regenerate(self, request: Request, message_id: int) -> Response:
        """Have the message answered once more; earlier answers stay readable."""
        conversation.regenerate(user_id=current_user(request).pk, message_id=message_id)
        return self.accepted(message_id)

    @extend_schema(
        summary="Stream an answer",
        description="Server-sent events. Here it is a redirect to the process that streams; `stream_url` of a message "
        "leads there directly. See docs/streaming.md.",
        parameters=[*schema.STREAM_PARAMETERS],
        responses=schema.STREAM_RESPONSES,
        auth=[{"accessToken": []}, {}],  # type: ignore[list-item]
    )
    def stream(self, request: Request, message_id: int) -> HttpResponseBase:
        """Lead to the process that streams."""
        if ticket_sent := request.query_params.get("ticket"):
            Ticket.parse(ticket_sent)
            raise StreamUnavailable(retry_after=5)  # it came from here: nothing at STREAM_ORIGIN streams
        message = self.when_final(message_id)
        ticket = Ticket(reply_id=message.reply.pk, session_id=request.auth.pk)
        after = {"after": request.query_params["after"]} if "after" in request.query_params else {}
        query = urlencode({"ticket": str(ticket), **after}, safe=":")
        response = HttpResponseRedirect(f"{settings.STREAM_ORIGIN}/message/{message.pk}/stream?{query}")
        response.status_code = status.HTTP_307_TEMPORARY_REDIRECT
        return response

    @extend_schema(summary="Delete failed messages", responses={200: DeletedSerializer})
    def cleanup(self, request: Request) -> Response:
        """Delete the messages whose answer failed."""
        return Response({"deleted": conversation.delete_failed(user_id=current_user(request).pk)})
