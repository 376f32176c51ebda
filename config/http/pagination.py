"""How the API pages its lists."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.fields import Field
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

if TYPE_CHECKING:
    from rest_framework.views import APIView

MAX_DIGITS = 18
CURSOR = re.compile(r"[A-Za-z0-9+/]*={0,2}")


class FirstPage:
    """Gives the paginator the first rows of a list in place of a queryset, where they are read in another way.

    Args:
        read: returns the first so many rows in the order of the list.
    """

    def __init__(self, read: Callable[[int], list[Any]]) -> None:
        self._read = read

    def order_by(self, *_: str) -> Self:
        return self

    def __getitem__(self, part: slice) -> list[Any]:
        return self._read(part.stop)


class LinkPagination(CursorPagination):
    """Arrays as bodies, `?cursor=&limit=`, and a `Link` header (RFC 8288) to the next page."""

    cursor_query_param = "cursor"
    page_size_query_param = "limit"
    page_size = 20
    max_page_size = 100
    invalid_cursor_message = "This cursor is not one of ours."
    position_field: Field[Any, Any, Any, Any]
    """The type of a cursor's position, which is the type of the column that the list is ordered by."""

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
        """Decode `cursor`.

        Raises:
            ValidationError: it is malformed.
        """
        refused = ValidationError({"cursor": self.invalid_cursor_message}, code="invalid")
        if not CURSOR.fullmatch(request.query_params.get(self.cursor_query_param, "")):
            raise refused  # base64's decoder ignores unknown characters
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                self.position_field.run_validation(cursor.position)
        except (NotFound, ValidationError, ValueError) as error:
            raise refused from error
        return cursor

    def get_paginated_response(self, data: Any) -> Response:
        """The page as an array, with links to the neighbouring pages."""
        links = {"next": self.get_next_link(), "prev": self.get_previous_link()}
        header = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items() if url)
        return Response(data, headers={"Link": header} if header else None)

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        """The parameters with their bounds, for the OpenAPI document."""
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= {"minimum": 1, "maximum": 10**MAX_DIGITS - 1, "default": self.page_size}
                parameter["description"] = f"How many at most; more than {self.max_page_size} are never returned."
            elif parameter["name"] == self.cursor_query_param:
                parameter["schema"] |= {"pattern": f"^{CURSOR.pattern}$"}
                parameter["description"] = "A position in the list, from a `Link` header."
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema of a page, for the OpenAPI document: an array."""
        return schema
