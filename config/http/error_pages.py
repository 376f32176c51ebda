"""The middleware that turns Django's error pages, and what other middleware raises, into problems."""

import math
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_page

from config.http.admin_only import is_admin_page
from config.http.problems import (
    BadRequestProblem,
    Forbidden,
    InternalError,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    Problem,
    ServiceUnavailable,
    problem_of,
    render,
)
from config.observability.logs import request_id

PLAIN_PAGE_POLICY = "; ".join(
    ("default-src 'none'", "style-src 'self'", "img-src 'self'", "base-uri 'none'", "frame-ancestors 'none'")
)
"""What the admin's error pages may load: a stylesheet and an icon. Most are rendered outside the admin's views."""


class ProblemMiddleware:
    """Renders Django's own error pages, and exceptions of the middleware below, as problems."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if response.status_code < HTTPStatus.BAD_REQUEST or not is_page:
            return response
        if not is_admin_page(request):
            return self._as_problem(response)
        response.headers["Content-Security-Policy"] = PLAIN_PAGE_POLICY
        return response

    def _as_problem(self, page: HttpResponse) -> HttpResponse:
        """The problem of the page's status, with the headers that other middleware set."""
        problem = render(_BY_STATUS.get(page.status_code, BadRequestProblem)())
        for name, value in page.items():
            if name not in ("Content-Type", "Content-Length"):
                problem.headers.setdefault(name, value)
        return problem

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """Render an exception of a view outside DRF: in the admin as a page."""
        problem = problem_of(error)
        return _page_of(request, problem) if is_admin_page(request) else render(problem)


def _page_of(request: HttpRequest, problem: Problem) -> HttpResponse:
    context = {"problem": problem, "admin_path": settings.DESK_PATH, "request_id": request_id()}
    response = render_page(request, "admin_site/problem.html", context, status=problem.status)
    if problem.retry_after is not None:
        response["Retry-After"] = str(max(1, math.ceil(problem.retry_after)))
    return response


_BY_STATUS: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        BadRequestProblem,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        PayloadTooLarge,
        InternalError,
        ServiceUnavailable,
    )
}
