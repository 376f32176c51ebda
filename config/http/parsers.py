"""How the API reads bodies and pages lists, and who sees its documentation."""

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import is_valid_path
from rest_framework import parsers
from rest_framework.exceptions import NotFound, ParseError, ValidationError
from rest_framework.fields import Field
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from config.http.problems import BadRequestProblem, MethodNotAllowed, PayloadTooLarge, UnsupportedEncoding, render

if TYPE_CHECKING:  # DRF's views read this module's parser while they are being imported
    from rest_framework.views import APIView


MAX_DIGITS = 18
CURSOR = re.compile(r"[A-Za-z0-9+/]*={0,2}")


class JSONParser(parsers.JSONParser):
    """DRF's parser, which also answers 4xx to a body that is too large, too deep or not an object."""

    limit = 64 * 1024
    """Bytes."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Read one JSON object of at most `limit` bytes.

        Raises:
            PayloadTooLarge: the body is over the limit.
            ParseError: it is not UTF-8, not JSON, nested too deep, names a member twice, or is not an object.
            UnsupportedEncoding: it is compressed.
        """
        if parser_context and "Content-Encoding" in parser_context["request"].headers:
            refuse_encoding(parser_context["request"].headers["Content-Encoding"])
        body = stream.read(self.limit + 1)
        if len(body) > self.limit:
            raise PayloadTooLarge(f"At most {self.limit} bytes.")
        try:
            data = json.loads(body.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_object)
        except (ValueError, RecursionError):
            raise ParseError from None
        if not isinstance(data, dict):
            raise ParseError
        return data


def refuse_encoding(encoding: str) -> None:
    """Pass a body that is sent as it is.

    Raises:
        UnsupportedEncoding: it is compressed, and how large it is would be known too late.
    """
    if encoding.strip().lower() not in ("", "identity"):
        raise UnsupportedEncoding(headers={"Accept-Encoding": "identity"})


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Read an object; of two members with one name, what stands before us may have read the other one."""
    read = dict(members)
    if len(read) < len(members):
        raise ValueError("a member that comes twice")
    return read


class LinkPagination(CursorPagination):
    """Arrays as bodies, `?cursor=&limit=`, and a `Link` header (RFC 8288) that leads to the next page."""

    cursor_query_param = "cursor"
    page_size_query_param = "limit"
    page_size = 20
    max_page_size = 100
    invalid_cursor_message = "This cursor is not one of ours."
    position_field: Field[Any, Any, Any, Any]
    """What a cursor's position has to be, by the type of the column that the list is ordered by."""

    def get_page_size(self, request: Request) -> int:
        """The page's length, 1 to 100.

        Raises:
            ValidationError: `limit` is not a positive whole number.
        """
        text = request.query_params.get(self.page_size_query_param)
        if text is None:
            return self.page_size
        if not (text.isascii() and text.isdigit() and 0 < len(text) <= MAX_DIGITS and int(text)):
            raise ValidationError({"limit": "A whole number from 1 to 100."}, code="invalid")
        return min(int(text), self.max_page_size)

    def decode_cursor(self, request: Request) -> Any:
        """Read `cursor`.

        Raises:
            ValidationError: it is malformed.
        """
        refused = ValidationError({"cursor": self.invalid_cursor_message}, code="invalid")
        if not CURSOR.fullmatch(request.query_params.get(self.cursor_query_param, "")):
            raise refused  # base64's decoder leaves out what it does not know
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                self.position_field.run_validation(cursor.position)
        except (NotFound, ValidationError, ValueError) as error:
            raise refused from error
        return cursor

    def get_paginated_response(self, data: Any) -> Response:
        """The page as an array, with the links of its neighbours."""
        links = {"next": self.get_next_link(), "prev": self.get_previous_link()}
        header = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items() if url)
        return Response(data, headers={"Link": header} if header else None)

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        """What drf-spectacular says of the parameters: DRF knows no bounds."""
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= {"minimum": 1, "maximum": 10**MAX_DIGITS - 1, "default": self.page_size}
                parameter["description"] = f"How many at most; more than {self.max_page_size} are never sent."
            elif parameter["name"] == self.cursor_query_param:
                parameter["schema"] |= {"pattern": f"^{CURSOR.pattern}$"}
                parameter["description"] = "A place in the list, as a `Link` has it."
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """What drf-spectacular says of a page: an array."""
        return schema


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


class DocsPermission(BasePermission):
    """The schema and its pages: open while developing, for staff in production."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Whether the caller may read them."""
        return settings.DEBUG or bool(request.user and request.user.is_staff)
