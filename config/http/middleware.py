"""Middleware for every response of the API: no caching, bounds on the request, no slash at the end of a path."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import is_valid_path

from config.http.problems import BadRequestProblem, MethodNotAllowed, render


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
            return render(MethodNotAllowed())
        if len(request.get_full_path()) > self.MAX_URL_BYTES:
            return render(BadRequestProblem(f"A URL has at most {self.MAX_URL_BYTES} bytes."))
        if any(len(value) > self.MAX_HEADER_BYTES for value in request.headers.values()):
            return render(BadRequestProblem(f"A header has at most {self.MAX_HEADER_BYTES} bytes."))
        return self.get_response(request)


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
