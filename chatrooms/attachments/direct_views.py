"""Direct uploads over HTTP: what is said of a file before it is uploaded, and the word that it was."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys.scopes import key_scope
from accounts.current_user import current_user
from accounts.idempotency import Made, idempotent
from accounts.models import Scope
from accounts.schema import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED
from chatrooms.attachments import direct, uploads
from chatrooms.attachments.models import File
from chatrooms.attachments.serializers import DirectUploadSerializer, NewUploadSerializer, UploadedFileSerializer
from chatrooms.attachments.views import shown
from chatrooms.limits import UploadLimit, tier_of_request

EXAMPLE: Final = OpenApiExample("A picture", {"name": "photo.jpg", "size": 482113}, request_only=True)


class DirectUploadViewSet(viewsets.GenericViewSet[File]):
    """Files that the user sends to the storage."""

    serializer_class = NewUploadSerializer
    throttle_classes = (UploadLimit,)
    pagination_class = None

    @key_scope(Scope.FILES)
    @extend_schema(
        summary="Upload a file directly",
        responses={201: DirectUploadSerializer},
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
        examples=[EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        """Reserve the bytes of a file, and get a URL to send it to with PUT; then complete it, within an hour.

        Only installations that keep files in a bucket can do this. A repeat with the same key gets a new URL.
        """
        serializer = NewUploadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user_id, asked = current_user(request).pk, serializer.validated_data

        def make() -> Made:
            return Made(object_id=direct.reserve(user_id=user_id, tier=tier_of_request(request), **asked).pk)

        def respond(made: Made) -> Response:
            found: Any = direct.offer(user_id=user_id, file_id=made.object_id, size=asked["size"])
            return Response(DirectUploadSerializer(found).data, status=status.HTTP_201_CREATED)

        return idempotent(request, route="file-upload", status=status.HTTP_201_CREATED, make=make, respond=respond)

    @key_scope(Scope.FILES)
    @extend_schema(summary="Complete a direct upload", request=None, responses=UploadedFileSerializer)
    def complete(self, request: Request, file_id: int) -> Response:
        """Check and keep the file that was sent to its URL, as when it is uploaded here. A repeat gets the same file.

        A file that is refused is deleted, and has to be uploaded anew.
        """
        user_id = current_user(request).pk
        with uploads.slot(user_id=user_id):
            direct.complete(user_id=user_id, tier=tier_of_request(request), file_id=file_id)
        return Response(shown(request, file_id))
