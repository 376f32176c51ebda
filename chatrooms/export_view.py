"""`GET /chatroom/{id}/export`."""

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import audit, downloads
from accounts.api_keys.scopes import key_scope
from accounts.limits import UserLimit
from accounts.models import Scope
from chatrooms import export
from chatrooms.exceptions import RoomNotFound
from chatrooms.models import Chatroom
from chatrooms.serializers import ExportedRoomSerializer, ExportSerializer


class RoomExportLimit(UserLimit):
    """An export reads a whole chatroom."""

    rate = 30


class RoomExportView(APIView):
    throttle_classes = (RoomExportLimit,)

    @key_scope(Scope.ROOMS_READ)
    @extend_schema(
        summary="Export a chatroom",
        parameters=[ExportSerializer],
        responses={(200, "application/json"): ExportedRoomSerializer, (200, "text/markdown"): OpenApiTypes.STR},
    )
    def get(self, request: Request, room_id: int) -> StreamingHttpResponse:
        """The whole conversation, for a program or for a person."""
        query = ExportSerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        room = Chatroom.objects.for_user(request.user).filter(pk=room_id).first()
        if room is None:
            raise RoomNotFound
        if query.validated_data["format"] == "markdown":
            parts, kind, ending = export.room_as_markdown(room), "text/markdown; charset=utf-8", "md"
        else:
            parts, kind, ending = export.room_as_json(room), "application/json", "json"
        name = f"chatroom-{room.pk}.{ending}"
        response = downloads.respond(parts, user_id=room.user_id, content_type=kind, filename=name)
        audit.record("exported", user_id=room.user_id, room_id=room.pk)
        return response
