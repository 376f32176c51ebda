"""The user's own account over HTTP."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import audit, downloads
from accounts.api_keys.scopes import NO_KEYS
from accounts.current_user import current_user
from accounts.exceptions import SessionEnded
from accounts.limits import UserLimit
from accounts.models import User
from accounts.personal_data import erasure, export
from accounts.serializers import DoneSerializer, MeSerializer
from config.http.fields import json_time

NAME = OpenApiExample("Name", {"display_name": "Asha"}, request_only=True)


class MeView(generics.RetrieveUpdateDestroyAPIView[User]):
    """The user's account."""

    key_scope = NO_KEYS

    serializer_class = MeSerializer
    http_method_names = ("get", "patch", "delete", "head", "options")

    def get_object(self) -> User:
        return current_user(self.request)

    @extend_schema(summary="Get the account")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The user's account, and whether it is Pro now."""
        return Response(_as_json(self.get_object()))

    @extend_schema(summary="Change the account", examples=[NAME])
    def patch(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change the fields that are sent."""
        return super().patch(request, *args, **kwargs)

    @extend_schema(summary="Erase the account", responses={202: DoneSerializer})
    def delete(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End a subscription and delete everything about the user, who is signed out everywhere at once.

        This cannot be undone. It takes seconds, or as long as Stripe is unavailable; until it is done, the number
        cannot sign up again. Staff cannot erase their own accounts.
        """
        erasure.begin(user_id=self.get_object().pk)
        return Response({"message": "Your account is being erased."}, status=status.HTTP_202_ACCEPTED)

    def perform_update(self, serializer: Any) -> None:
        """Write only the fields that were sent, so that parallel changes of others are kept."""
        user: User = serializer.instance
        for name, value in serializer.validated_data.items():
            setattr(user, name, value)
        living = User.objects.filter(pk=user.pk, erasing_at=None)
        if serializer.validated_data and not living.update(**serializer.validated_data):
            raise SessionEnded


def _as_json(user: User) -> dict[str, Any]:
    """As `MeSerializer` shows it, which makes its fields anew for each request; a test holds both to be equal."""
    return {
        "id": user.pk,
        "mobile_number": user.mobile_number,
        "is_pro": user.is_pro,
        "display_name": user.display_name,
        "language": user.language,
        "password_set": user.has_usable_password(),
        "created_at": json_time(user.created_at),
    }


class ExportLimit(UserLimit):
    """An export reads all that a user has; few users need more than one."""

    rate = 6


class ExportView(APIView):
    """Everything that is stored about the user."""

    key_scope = NO_KEYS

    throttle_classes = (ExportLimit,)

    @extend_schema(summary="Export the account", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> StreamingHttpResponse:
        """Everything that is stored about the user, as one JSON document to download."""
        user_id = current_user(request).pk
        response = downloads.respond(
            export.document(user_id=user_id),
            user_id=user_id,
            content_type="application/json",
            filename="kuvaka-account.json",
        )
        audit.record("exported", user_id=user_id)
        return response
