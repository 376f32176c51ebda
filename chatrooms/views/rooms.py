"""Chatrooms over HTTP."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys.scopes import key_scope
from accounts.current_user import current_bearer, current_key, current_user
from accounts.models import Scope
from chatrooms import rooms, rows
from chatrooms.exceptions import RoomNotFound
from chatrooms.models import Chatroom
from chatrooms.serializers import RoomSerializer, RoomWithMessagesSerializer
from config.http.pagination import LinkPagination

LATEST = 20
"""Messages in the response with one room."""


class RoomPagination(LinkPagination):
    """Pinned ones first, then newest activity."""

    ordering = ("-listed_at", "-id")
    position_field = serializers.DateTimeField()


def _wants_archived(request: Request) -> bool:
    field = serializers.BooleanField()
    field.field_name = "archived"
    try:
        return bool(field.run_validation(request.query_params.get("archived", "false")))
    except serializers.ValidationError as error:
        raise serializers.ValidationError({"archived": error.detail}) from None


class ChatroomViewSet(viewsets.GenericViewSet[Chatroom]):
    """The user's chatrooms."""

    serializer_class = RoomSerializer
    pagination_class = RoomPagination
    lookup_url_kwarg = "room_id"

    def get_queryset(self) -> Any:
        """Only the user's: a room of another account is not found."""
        return Chatroom.objects.for_user(current_user(self.request))

    @key_scope(Scope.ROOMS_WRITE)
    @extend_schema(
        summary="Create a chatroom",
        responses={201: RoomSerializer},
        examples=[OpenApiExample("Room", {"name": "Trip"}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Create a room. Without a name it is called `New chat` until the model has found a title for it."""
        data = self._validated(request)
        room = rooms.create(user_id=current_user(request).pk, api_key=current_key(request), **data)
        return Response(self.get_serializer(room).data, status=status.HTTP_201_CREATED)

    @key_scope(Scope.ROOMS_READ)
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

    @key_scope(Scope.ROOMS_READ)
    @extend_schema(summary="Get a chatroom", responses=RoomWithMessagesSerializer)
    def retrieve(self, request: Request, room_id: int) -> Response:
        """One room with its newest messages."""
        user, bearer = current_user(request), current_bearer(request)
        found = rows.room(user_id=user.pk, room_id=room_id)
        if not found:
            raise RoomNotFound
        newest = rows.newest_messages(user_id=user.pk, room_id=room_id, limit=LATEST)
        messages = [rows.message_json(row, bearer_id=bearer.pk) for row in reversed(newest)]
        return Response(rows.room_json(found[0], messages=messages))

    @key_scope(Scope.ROOMS_WRITE)
    @extend_schema(
        summary="Change a chatroom", examples=[OpenApiExample("Rename", {"name": "Trip to Goa"}, request_only=True)]
    )
    def partial_update(self, request: Request, room_id: int) -> Response:
        """Change the fields that are in the body."""
        changed = self._validated(request, partial=True)
        room = rooms.change(user_id=current_user(request).pk, room_id=room_id, api_key=current_key(request), **changed)
        return Response(self.get_serializer(room).data)

    @key_scope(Scope.ROOMS_WRITE)
    @extend_schema(summary="Delete a chatroom", responses={204: None})
    def destroy(self, request: Request, room_id: int) -> Response:
        """Delete the room with its messages and replies."""
        rooms.delete(user_id=current_user(request).pk, room_id=room_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _validated(self, request: Request, *, partial: bool = False) -> dict[str, Any]:
        serializer = self.get_serializer(data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)
