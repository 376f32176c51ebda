"""Fields of request bodies that hold JSON to its types."""

from typing import Any

from rest_framework import serializers


class _Text:
    """A text and nothing else: a number is not taken for its digits, which would lose the zeros before them."""

    def to_internal_value(self, data: Any) -> str:
        """Read it."""
        if not isinstance(data, str):
            self.fail("invalid")  # type: ignore[attr-defined]
        return super().to_internal_value(data)  # type: ignore[misc,no-any-return]


class TextField(_Text, serializers.CharField):
    """Any text."""


class PatternField(_Text, serializers.RegexField):
    """A text of one form."""
