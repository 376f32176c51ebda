"""The pages that document the API."""

from functools import cache
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.http.permissions import DocsPermission
from config.http.problems import problems

POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "frame-ancestors": ["'none'"],
}
"""What Swagger UI needs; it writes style attributes."""


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The root of the service for programs: the URLs that describe it."""
    return JsonResponse(
        {
            "name": "Kuvaka",
            "docs": "/docs",
            "schema": "/schema",
            "errors": "/docs/errors",
            "llms": "/llms.txt",
            "health": "/readyz",
        }
    )


class OneSchema(SchemaGenerator):
    """Generates the schema once in a process: it takes a second, and anybody may ask for it."""

    def get_schema(self, request: Request | None = None, public: bool = False) -> Any:
        return _schema()


@cache
def _schema() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


@cache
def _yaml() -> Any:
    return OpenApiYamlRenderer().render(_schema())  # type: ignore[no-untyped-call]


class YamlRenderer(OpenApiYamlRenderer):
    """Renders the schema once in a process: a fifth of a second."""

    def render(self, data: Any, media_type: str | None = None, renderer_context: Any = None) -> Any:
        return _yaml()


class SchemaView(SpectacularAPIView):
    """The OpenAPI document."""

    generator_class = OneSchema
    renderer_classes = [YamlRenderer, OpenApiJsonRenderer]


@method_decorator(csp_replace(POLICY), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """The schema as a page from which requests can be sent."""

    url = "/schema"


@method_decorator(csp_replace(POLICY), name="dispatch")
class ErrorsView(TemplateView):
    """Every error code; the `type` of a problem links here."""

    template_name = "errors.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(problems=sorted(problems(), key=lambda kind: kind.code), **kwargs)


class PlainTextRenderer(BaseRenderer):
    media_type, format, charset = "text/plain", "txt", "utf-8"

    def render(self, data: str, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        return data


class LlmsView(APIView):
    """What a language model needs to use the API, as https://llmstxt.org describes it."""

    schema = None
    permission_classes = (DocsPermission,)
    renderer_classes = (PlainTextRenderer,)

    def get(self, request: Request) -> Response:
        return Response(render_to_string("llms.txt", {"origin": settings.WEB_ORIGIN}))
