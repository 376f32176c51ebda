"""The requests in a Postman collection."""

from collections.abc import Iterator
from typing import Any


def requests_of(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "request" in item:
        yield item
    for child in item.get("item", ()):
        yield from requests_of(child)
