"""Rooms and messages over HTTP."""

from typing import Any, cast

from django.http import HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts import idempotency
from accounts.models import User
from billing import quota
from chatrooms import conversation, rooms
from chatrooms.exceptions import MessageNotFound, RoomNotFound
from chatrooms.limits import SendLimit
from chatrooms.models import MAX_CONTENT, Chatroom, Message
from chatrooms.serializers import (
    DeletedSerializer,
    MessageSerializer,
    NewMessageSerializer,
    RoomSerializer,
    RoomWithMessagesSerializer,
)
from config.api import JSONParser, LinkPagination

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="1 to 255 printable ASCII characters; within 24 hours a repeat with the same body sends nothing anew.",
)
LATEST = 20
"""Messages that a room brings along."""


class MessageParser(JSONParser):
    """Takes a message of `MAX_CONTENT` characters in any spelling: JSON may write each as two escapes of six bytes."""

    limit = 12 * MAX_CONTENT + 1024


class RoomPagination(LinkPagination):
    """Newest activity first."""

    ordering = ("-updated_at", "-id")
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


def _user(request: HttpRequest | Request) -> User:
    return cast(User, request.user)


class ChatroomViewSet(viewsets.GenericViewSet[Chatroom]):
    """The caller's chatrooms."""

    serializer_class = RoomSerializer
    pagination_class = RoomPagination
    lookup_url_kwarg = "room_id"

    def get_queryset(self) -> Any:
        """Only the caller's: a stranger's room does not exist."""
        return Chatroom.objects.for_user(_user(self.request))

    @extend_schema(
        summary="Create a chatroom",
        responses={201: RoomSerializer},
        examples=[OpenApiExample("Room", {"name": "Trip"})],
    )
    def create(self, request: Request) -> Response:
        """Make a room; without a name it is called `New chat`."""
        data = self._checked(request)
        room = rooms.create(user_id=_user(request).pk, **data)
        return Response(self.get_serializer(room).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="List the chatrooms")
    def list(self, request: Request) -> Response:
        """The rooms, newest activity first."""
        first_page, host = not request.query_params, request.get_host()
        page: dict[str, Any] | None = rooms.cached_list(_user(request), host=host) if first_page else None
        if page is None:
            found = self.paginate_queryset(self.get_queryset())
            response = self.get_paginated_response(self.get_serializer(found, many=True).data)
            page = {"rooms": response.data, "link": response.headers.get("Link")}
            if first_page:
                rooms.cache_list(_user(request), page, host=host)
        return Response(page["rooms"], headers={"Link": page["link"]} if page["link"] else None)

    @extend_schema(summary="Get a chatroom", responses=RoomWithMessagesSerializer)
    def retrieve(self, request: Request, room_id: int) -> Response:
        """One room with its newest messages."""
        room = self.get_queryset().filter(pk=room_id).first()
        if room is None:
            raise RoomNotFound
        newest = Message.objects.in_room(room.pk).with_reply().order_by("-id")[:LATEST]
        data = RoomSerializer(room).data
        data["messages"] = MessageSerializer(list(newest)[::-1], many=True).data
        return Response(data)

    @extend_schema(summary="Change a chatroom", examples=[OpenApiExample("Rename", {"name": "Trip to Goa"})])
    def partial_update(self, request: Request, room_id: int) -> Response:
        """Change the fields that are sent."""
        room = rooms.change(user_id=_user(request).pk, room_id=room_id, **self._checked(request, partial=True))
        return Response(self.get_serializer(room).data)

    @extend_schema(summary="Delete a chatroom", responses={204: None})
    def destroy(self, request: Request, room_id: int) -> Response:
        """Delete the room and all that was said in it."""
        rooms.delete(user_id=_user(request).pk, room_id=room_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _checked(self, request: Request, *, partial: bool = False) -> dict[str, Any]:
        serializer = self.get_serializer(data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class RoomMessageViewSet(viewsets.GenericViewSet[Message]):
    """The messages of one of the caller's chatrooms."""

    parser_classes = (MessageParser,)
    serializer_class = MessageSerializer
    pagination_class = MessagePagination

    def get_throttles(self) -> list[BaseThrottle]:
        """Sends are limited in bursts; reading is not."""
        return [SendLimit()] if self.action == "create" else []

    @extend_schema(
        summary="Send a message",
        request=NewMessageSerializer,
        responses={202: MessageSerializer},
        parameters=[IDEMPOTENCY_KEY],
        examples=[OpenApiExample("Question", {"content": "What is a monsoon?"}, request_only=True)],
    )
    def create(self, request: Request, room_id: int) -> Response:
        """Accept the message; Gemini answers in the background, in the order of the room's messages."""
        serializer = NewMessageSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        content: str = serializer.validated_data["content"]
        outcome = idempotency.once(
            user_id=_user(request).pk,
            route="message",
            key=request.headers.get("Idempotency-Key"),
            body={"room": room_id, "content": content},
            status=status.HTTP_202_ACCEPTED,
            work=lambda: conversation.send(user_id=_user(request).pk, room_id=room_id, content=content).pk,
        )
        message = Message.objects.for_user(request.user).with_reply().filter(pk=outcome.object_id).first()
        if message is None:  # deleted since the first time
            raise MessageNotFound
        headers = {"Location": f"/message/{message.pk}", **quota.allowance_of(user_id=_user(request).pk).headers}
        if outcome.replayed:
            headers["Idempotency-Replayed"] = "true"
        return Response(MessageSerializer(message).data, status=outcome.status, headers=headers)

    @extend_schema(summary="List a chatroom's messages")
    def list(self, request: Request, room_id: int) -> Response:
        """The newest page, oldest first in it; `Link` leads back in time."""
        if not Chatroom.objects.for_user(request.user).filter(pk=room_id).exists():
            raise RoomNotFound
        found = self.paginate_queryset(Message.objects.in_room(room_id).with_reply())
        return self.get_paginated_response(MessageSerializer(found, many=True).data)


class MessageViewSet(viewsets.GenericViewSet[Message]):
    """The caller's messages by their own ids."""

    serializer_class = MessageSerializer
    pagination_class = None

    @extend_schema(summary="Get a message")
    def retrieve(self, request: Request, message_id: int) -> Response:
        """One message with its reply."""
        message = Message.objects.for_user(request.user).with_reply().filter(pk=message_id).first()
        if message is None:
            raise MessageNotFound
        return Response(MessageSerializer(message).data)

    @extend_schema(summary="Delete failed messages", responses=DeletedSerializer)
    def cleanup(self, request: Request) -> Response:
        """Delete the messages whose answer failed."""
        return Response({"deleted": conversation.delete_failed(user_id=_user(request).pk)})
