"""Middleware for every response of the API: no caching, bounds on the request, no slash at the end of a path."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import is_valid_path

from config.http.problems import BadRequestProblem, MethodNotAllowed, render


class PrivateMiddleware:
    """Keeps every answer that does not say otherwise out of all caches: most are one user's own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, and mark the answer."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class BoundsMiddleware:
    """Refuses what no client sends in good faith: TRACE, and an address or a header that is too long."""

    LONGEST_ADDRESS: Final = 4 * 1024
    LONGEST_HEADER: Final = 8 * 1024

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, or refuse it."""
        if request.method == "TRACE":
            return render(MethodNotAllowed())
        if len(request.get_full_path()) > self.LONGEST_ADDRESS:
            return render(BadRequestProblem(f"An address has at most {self.LONGEST_ADDRESS} bytes."))
        if any(len(value) > self.LONGEST_HEADER for value in request.headers.values()):
            return render(BadRequestProblem(f"A header has at most {self.LONGEST_HEADER} bytes."))
        return self.get_response(request)


class SlashMiddleware:
    """Leads who adds a slash to a route of the API to the route; it has none at the end of any."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Redirect with the method and the body kept, or pass the request on."""
        plain = request.path_info.rstrip("/")
        if plain and plain != request.path_info and not is_valid_path(request.path_info) and is_valid_path(plain):
            query = request.META.get("QUERY_STRING", "")
            response = HttpResponseRedirect(f"{plain}?{query}" if query else plain)
            response.status_code = HTTPStatus.TEMPORARY_REDIRECT
            return response
        return self.get_response(request)
