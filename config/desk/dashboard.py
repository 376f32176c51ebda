"""The desk's first page: what happens now, and how it went over the last weeks."""

from typing import Any

from django.http import HttpRequest


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the page's template shows."""
    return context
