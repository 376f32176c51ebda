"""API keys over HTTP."""

from datetime import timedelta
from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.api_keys import keys
from accounts.api_keys.scopes import NO_KEYS
from accounts.api_keys.serializers import (
    ApiKeySerializer,
    NewApiKeySerializer,
    RotationSerializer,
    ShownApiKeySerializer,
)
from accounts.current_user import current_session, current_user
from accounts.limits import UserLimit
from accounts.models import ApiKey

NEW: Final = OpenApiExample(
    "Key", {"name": "Nightly report", "scopes": ["rooms:read", "messages:write"]}, request_only=True
)
ROTATION: Final = OpenApiExample("An hour of overlap", {"overlap": 3600}, request_only=True)


class ApiKeyLimit(UserLimit):
    """Each makes a row or a secret; one who makes keys by hand needs few."""

    rate = 10


class ApiKeyViewSet(viewsets.GenericViewSet[ApiKey]):
    """The user's keys. No key may use these routes."""

    key_scope = NO_KEYS
    serializer_class = ApiKeySerializer
    pagination_class = None

    def get_throttles(self) -> list[BaseThrottle]:
        return [ApiKeyLimit()] if self.action in ("create", "rotate") else []

    def get_queryset(self) -> Any:
        return keys.of_user(current_user(self.request).pk)

    @extend_schema(summary="List the API keys")
    def list(self, request: Request) -> Response:
        """The keys that were not deleted, the newest first, without their secrets."""
        return Response(ApiKeySerializer(self.get_queryset(), many=True).data)

    @extend_schema(
        summary="Make an API key",
        request=NewApiKeySerializer,
        responses={201: ShownApiKeySerializer},
        examples=[NEW],
    )
    def create(self, request: Request) -> Response:
        """Make a key for a program. `key` is shown only now. It takes a sign-in within the last ten minutes."""
        asked = NewApiKeySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = {name: value for name, value in asked.validated_data.items() if name != "expires_in_days"}
        shown = keys.make(session=current_session(request), lifetime=asked.lifetime, **values)
        return _response(shown, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Delete an API key", responses={204: None})
    def destroy(self, request: Request, key_id: Any) -> Response:
        """End a key at once."""
        keys.revoke(user_id=current_user(request).pk, key_id=key_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Rotate an API key", request=RotationSerializer, responses=ShownApiKeySerializer, examples=[ROTATION]
    )
    def rotate(self, request: Request, key_id: Any) -> Response:
        """Give a key another secret; both work for the overlap. It takes a sign-in within the last ten minutes."""
        asked = RotationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        shown = keys.rotate(
            session=current_session(request),
            key_id=key_id,
            overlap=timedelta(seconds=asked.validated_data["overlap"]),
            lifetime=asked.lifetime,
        )
        return _response(shown, status=status.HTTP_200_OK)


def _response(shown: keys.Shown, *, status: int) -> Response:
    return Response(ShownApiKeySerializer(shown.key, context={"shown": shown}).data, status=status)
