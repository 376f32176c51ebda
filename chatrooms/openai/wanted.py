"""What both endpoints take in the same way."""

from typing import Any, Final, Literal

from chatrooms.openai.errors import InvalidParameter
from chatrooms.replies.json_replies import InvalidSchema, validate_schema

Effort = Literal["none", "minimal", "low", "medium", "high"]

THINKING: Final = {"none": "off", "minimal": "off", "low": "low", "medium": "medium", "high": "high"}
"""By the effort that is asked for: each is taken as the nearest level that the model has."""


def checked_schema(schema: dict[str, Any], *, param: str) -> dict[str, Any]:
    """A JSON schema that the model takes.

    Raises:
        InvalidParameter: it is not one.
    """
    try:
        validate_schema(schema)
    except InvalidSchema as error:
        raise InvalidParameter(str(error), param=param) from None
    return schema
