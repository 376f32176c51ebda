"""How the API reads request bodies."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import parsers
from rest_framework.exceptions import ParseError

from config.http.problems import PayloadTooLarge, UnsupportedEncoding


class JSONParser(parsers.JSONParser):
    """DRF's parser, which also refuses a body that is too large, too deep or not an object."""

    limit = 64 * 1024
    """Bytes."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """As `_read` does."""
        return _read(stream, self.limit, parser_context)


class LargeJSONParser(parsers.BaseParser):
    """The same for bodies that are larger than `DATA_UPLOAD_MAX_MEMORY_SIZE`: DRF has those of its own parser read by
    Django, which refuses them.
    """

    media_type = "application/json"
    limit = settings.DIALECT_BODY_BYTES
    """Bytes."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """As `_read` does."""
        return _read(stream, self.limit, parser_context)


def _read(stream: Any, limit: int, parser_context: Mapping[str, Any] | None) -> dict[str, Any]:
    """Read one JSON object of at most `limit` bytes.

    Raises:
        PayloadTooLarge: the body is over the limit.
        ParseError: it is not UTF-8, not JSON, nested too deep, has a duplicate member, or is not an object.
        UnsupportedEncoding: it is compressed.
    """
    if parser_context and "Content-Encoding" in parser_context["request"].headers:
        refuse_encoding(parser_context["request"].headers["Content-Encoding"])
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise PayloadTooLarge(f"At most {limit} bytes.")
    try:
        data = json.loads(body.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise ParseError from None
    if not isinstance(data, dict):
        raise ParseError
    return data


def refuse_encoding(encoding: str) -> None:
    """Refuse a compressed body, because its size is only known after decompression.

    Raises:
        UnsupportedEncoding: the body is compressed.
    """
    if encoding.strip().lower() not in ("", "identity"):
        raise UnsupportedEncoding(headers={"Accept-Encoding": "identity"})


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse duplicate members: a proxy in front of us may have read the other one."""
    read = dict(members)
    if len(read) < len(members):
        raise ValueError("a duplicate member")
    return read
