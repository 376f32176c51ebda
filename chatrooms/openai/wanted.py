"""What both endpoints take in the same way."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from chatrooms.openai.errors import InvalidParameter
from chatrooms.replies.json_replies import InvalidSchema, validate_schema
from config.text import MAX_MARKS, Marks
from gemini.storable import storable

Effort = Literal["none", "minimal", "low", "medium", "high"]

SchemaName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]

MAX_PAIRS: Final = 16
MAX_KEY: Final = 64
MAX_VALUE: Final = 512
"""OpenAI's limits of `metadata`."""

MAX_DESCRIPTION: Final = 1_024

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


def check_text(text: str, *, param: str) -> None:
    """Refuse a text that cannot be stored or takes too long to render.

    Raises:
        InvalidParameter: it is one.
    """
    if storable(text) != text or Marks().too_many_in(text):
        detail = f"No NUL, no half of a surrogate pair, and at most {MAX_MARKS} combining marks in a row."
        raise InvalidParameter(detail, param=param)


def check_description(text: str | None, *, param: str) -> None:
    """Check what a schema is for; it is only shown again.

    Raises:
        InvalidParameter: it is too long, or cannot be stored.
    """
    if text is None:
        return
    if len(text) > MAX_DESCRIPTION:
        raise InvalidParameter(f"At most {MAX_DESCRIPTION} characters.", param=param)
    check_text(text, param=param)


def check_metadata(metadata: Any) -> None:
    """Check what a response shows again.

    Raises:
        InvalidParameter: it is no object of texts, or more than OpenAI takes, or cannot be stored.
    """
    if metadata is None:
        return
    if not isinstance(metadata, dict) or len(metadata) > MAX_PAIRS:
        raise InvalidParameter(f"An object of at most {MAX_PAIRS} texts.", param="metadata")
    for key, value in metadata.items():
        if not isinstance(value, str) or len(key) > MAX_KEY or len(value) > MAX_VALUE:
            detail = f"Keys have at most {MAX_KEY} characters, and values are texts of at most {MAX_VALUE}."
            raise InvalidParameter(detail, param="metadata")
        check_text(key, param="metadata")
        check_text(value, param="metadata")
