"""The pages that document the API."""

from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularSwaggerSplitView

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
        {"name": "Kuvaka", "docs": "/docs", "schema": "/schema", "errors": "/docs/errors", "health": "/readyz"}
    )


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
