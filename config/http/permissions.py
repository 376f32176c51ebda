"""Who may read the API's documentation."""

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:
    from rest_framework.views import APIView


class DocsPermission(BasePermission):
    """The schema and its pages: for everyone, or for staff alone."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return settings.DOCS_OPEN or bool(request.user and request.user.is_staff)
