"""Middleware for every response: no caching, a policy for browsers, bounds on the request, no slash after a path."""

from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Final

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, is_valid_path, resolve

from config.http.problems import BadRequestProblem, MethodNotAllowed, render


class PolicyMiddleware(CSPMiddleware):
    """django-csp, which builds a policy for each response: here only for those whose view replaced the usual one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        self._usual = build_policy(**asdict(self.get_policy_parts(HttpRequest(), HttpResponse())))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if any(name.startswith("_csp") for name in vars(response)):  # left by the decorators of django-csp
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._usual)
        return response


class PrivateMiddleware:
    """Keeps responses out of caches unless the view says otherwise: most are for one user only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class BoundsMiddleware:
    """Refuses TRACE, and URLs and headers that are too long."""

    MAX_URL_BYTES: Final = 4 * 1024
    MAX_HEADER_BYTES: Final = 8 * 1024

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "TRACE":
            return render(MethodNotAllowed(headers={"Allow": ", ".join(_allowed_methods(request.path_info))}))
        if len(request.get_full_path()) > self.MAX_URL_BYTES:
            return render(BadRequestProblem(f"A URL has at most {self.MAX_URL_BYTES} bytes."))
        if any(len(value) > self.MAX_HEADER_BYTES for value in request.headers.values()):
            return render(BadRequestProblem(f"A header has at most {self.MAX_HEADER_BYTES} bytes."))
        return self.get_response(request)


def _allowed_methods(path: str) -> list[str]:
    """The methods that the view at a path has, as a 405 has to name them (RFC 9110, 15.5.6)."""
    try:
        view = resolve(path).func
    except Resolver404:
        view = None
    if actions := getattr(view, "actions", None):  # of a viewset, by method
        head = ["HEAD"] if "get" in actions else []
        return [*(method.upper() for method in actions if method != "head"), *head, "OPTIONS"]
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if cls is None:
        return ["GET", "HEAD", "POST"]  # a function, as in the admin
    return [
        method.upper()
        for method in cls.http_method_names
        if hasattr(cls, method) or (method == "head" and hasattr(cls, "get"))
    ]


class SlashMiddleware:
    """Redirects a URL with a trailing slash to the one without; no route of the API has one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Redirect with 307, so that the method and the body are kept."""
        plain = request.path_info.rstrip("/")
        if plain and plain != request.path_info and not is_valid_path(request.path_info) and is_valid_path(plain):
            query = request.META.get("QUERY_STRING", "")
            response = HttpResponseRedirect(f"{plain}?{query}" if query else plain)
            response.status_code = HTTPStatus.TEMPORARY_REDIRECT
            return response
        return self.get_response(request)
