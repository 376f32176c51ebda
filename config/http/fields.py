"""Fields of request bodies that accept only JSON's own type, and how responses show a time."""

from datetime import datetime
from typing import Any, overload

from rest_framework import serializers


class _Text:
    """A string only: a number is not converted, because it has lost its leading zeros."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")  # type: ignore[attr-defined]
        return super().to_internal_value(data)  # type: ignore[misc,no-any-return]


class TextField(_Text, serializers.CharField):
    """Any string."""


class PatternField(_Text, serializers.RegexField):
    """A string that matches a pattern."""


@overload
def json_time(moment: datetime) -> str: ...
@overload
def json_time(moment: None) -> None: ...
def json_time(moment: datetime | None) -> str | None:
    """As `DateTimeField` writes a time of the database, whose connections use UTC."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None
