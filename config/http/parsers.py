"""How the API reads request bodies."""

import json
from collections.abc import Mapping
from typing import Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

from config.http.problems import PayloadTooLarge, UnsupportedEncoding


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
