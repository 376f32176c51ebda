"""Files over HTTP."""

import hashlib
from typing import Any, Final

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.api_keys.authentication import ApiKeyAuthentication
from accounts.api_keys.scopes import key_scope
from accounts.current_user import current_bearer, current_user
from accounts.idempotency import Made, idempotent
from accounts.models import Scope
from accounts.schema import IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED
from accounts.tokens import SessionAuthentication
from chatrooms.attachments import discarding, keeping, storage, uploads
from chatrooms.attachments.content.types import BINARY, TEXT
from chatrooms.attachments.exceptions import FileNotFound
from chatrooms.attachments.links import LinkAuthentication
from chatrooms.attachments.models import File
from chatrooms.attachments.serializers import NewFileSerializer, UploadedFileSerializer
from chatrooms.attachments.uploads import UploadParser
from chatrooms.limits import DownloadLimit, UploadLimit, tier_of_request
from config.http.problems import UnsupportedMediaType

CONTENT: Final = {(200, each.mime_type): OpenApiTypes.BINARY for each in (*BINARY, TEXT)}


class FileViewSet(viewsets.GenericViewSet[File]):
    """The user's files."""

    serializer_class = UploadedFileSerializer
    parser_classes = (UploadParser,)
    pagination_class = None

    def get_throttles(self) -> list[BaseThrottle]:
        return [UploadLimit()] if self.action == "create" else []

    def handle_exception(self, exc: Exception) -> Any:
        """Say what this route reads, unlike all others."""
        if isinstance(exc, exceptions.UnsupportedMediaType):
            exc = UnsupportedMediaType("Send multipart/form-data with one field: file.")
        return super().handle_exception(exc)

    @key_scope(Scope.FILES)
    @extend_schema(
        summary="Upload a file",
        request={"multipart/form-data": NewFileSerializer},
        responses={201: UploadedFileSerializer},
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED],
    )
    def create(self, request: Request) -> Response:
        """Keep a picture, a PDF, a text or audio for a message to come. Within a day, send it with `file_ids`.

        Its type is told from its content. Pictures are written anew, without their metadata.
        """
        with uploads.slot(user_id=current_user(request).pk):
            serializer = NewFileSerializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            upload = uploads.of_file(serializer.validated_data["file"])
            return self._kept(request, upload)

    def _kept(self, request: Request, upload: uploads.Upload) -> Response:
        def take() -> Made:
            user_id, tier = current_user(request).pk, tier_of_request(request)
            return Made(object_id=keeping.take(user_id=user_id, tier=tier, upload=upload).pk)

        def respond(made: Made) -> Response:
            return Response(shown(request, made.object_id), status=status.HTTP_201_CREATED)

        with upload.path.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        return idempotent(
            request,
            route="file",
            status=status.HTTP_201_CREATED,
            make=take,
            respond=respond,
            body={"name": upload.name, "sha256": sha256},
            outside_transaction=True,
        )

    @key_scope(Scope.FILES)
    @extend_schema(summary="Get a file")
    def retrieve(self, request: Request, file_id: int) -> Response:
        """What is known of it, and a link to its content that works for five minutes."""
        return Response(shown(request, file_id))

    @key_scope(Scope.FILES)
    @extend_schema(summary="Delete a file", responses={204: None})
    def destroy(self, request: Request, file_id: int) -> Response:
        """Delete a file that no message has. A file of a message is deleted together with it."""
        discarding.delete(user_id=current_user(request).pk, file_id=file_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class FileContentViewSet(viewsets.GenericViewSet[File]):
    """The content of the user's files, by an access token, an API key or the signature of a link."""

    authentication_classes = (SessionAuthentication, ApiKeyAuthentication, LinkAuthentication)
    throttle_classes = (DownloadLimit,)
    pagination_class = None

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Accept every type: errors are JSON all the same."""
        return super().perform_content_negotiation(request, force=True)

    @key_scope(Scope.FILES)
    @extend_schema(
        summary="Download a file",
        parameters=[OpenApiParameter("signature", {"type": "string"}, description="As in `url`; instead of a token.")],
        responses=CONTENT,
        auth=[{"accessToken": []}, {"apiKey": [Scope.FILES.value]}, {}],  # type: ignore[list-item]
    )
    def retrieve(self, request: Request, file_id: int) -> FileResponse:
        """Its bytes, which no browser shows as a page."""
        file = _of_user(request, file_id)
        kind = f"{file.mime_type}; charset=utf-8" if file.mime_type == TEXT.mime_type else file.mime_type
        uploads.give_connection_back()
        content = storage.open_content(file.key)
        response = FileResponse(content, as_attachment=True, filename=file.name, content_type=kind)
        response["Content-Length"] = str(file.size)
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def shown(request: Request, file_id: int) -> dict[str, Any]:
    """A file of the user's as JSON, with a link for this session or API key.

    Raises:
        FileNotFound: it is not one of the user's.
    """
    return UploadedFileSerializer(_of_user(request, file_id), context={"bearer": current_bearer(request)}).data


def _of_user(request: Request, file_id: int) -> File:
    file = File.objects.for_user(current_user(request)).filter(pk=file_id).first()
    if file is None:
        raise FileNotFound
    return file
