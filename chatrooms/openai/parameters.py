"""The parameters of OpenAI's requests: each is supported, or ignored because it changes no answer, or refused.

None is dropped silently: a client that asks for something gets it, or is told which parameter it may not use.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from chatrooms.openai.errors import InvalidParameter
from chatrooms.openai.wanted import check_metadata

Body = TypeVar("Body", bound=BaseModel)

HARMLESS: Final = frozenset(
    {
        *("user", "safety_identifier", "metadata"),
        *("prompt_cache_key", "prompt_cache_retention", "prompt_cache_options"),
    }
)
"""They name or label a request, or are about the speed and price of OpenAI's own servers; no reply depends on them."""


MAX_MESSAGES: Final = 2_000
MAX_PARTS: Final = 100

Messages: Final = Field(max_length=MAX_MESSAGES, fail_fast=True)
"""A list of messages. pydantic makes an error of every item that is not valid, so it stops at the first one."""

Parts: Final = Field(max_length=MAX_PARTS, fail_fast=True)
"""The list of what a message consists of."""

MAX_ERRORS: Final = 100
"""So many are made objects of; a request with more is refused without the place."""


class Strict(BaseModel):
    """An object in a request: of JSON's types, and with no further members."""

    model_config = ConfigDict(strict=True, extra="forbid")


def read(body: Mapping[str, Any], *, into: type[Body], neutral: Mapping[str, tuple[Any, ...]]) -> Body:
    """Validate a request.

    Args:
        body: the JSON object. A member that is null is as if it was not there, as at OpenAI.
        into: what it may hold.
        neutral: the values of parameters that are not supported which ask for nothing but the usual.

    Raises:
        InvalidParameter: `param` names what is not valid or not supported.
    """
    given = {name: value for name, value in body.items() if value is not None and name not in HARMLESS}
    check_metadata(body.get("metadata"))
    for name, values in neutral.items():
        if name not in given:
            continue
        value = given.pop(name)
        if not any(_is_same(value, usual) for usual in values):
            raise InvalidParameter(f"{name} is not supported{_but_for(values)}.", param=name)
    for name in sorted(given.keys() - into.model_fields.keys()):
        raise InvalidParameter(f"{name[:80]} is not supported.", param=name[:80])
    try:
        return into.model_validate(given)
    except ValidationError as error:
        if error.error_count() > MAX_ERRORS:
            raise InvalidParameter(f"{error.error_count()} parameters are not valid.", param=None) from None
        errors = objects_of(error)
        # Of a text or a list there is an error for each of both; the one that is deeper down tells more.
        exact = max(errors, key=lambda each: (len(each["loc"]), each["type"] == "too_long"))
        raise InvalidParameter(f"{exact['msg']}.", param=_path(exact["loc"])) from None


def objects_of(error: ValidationError) -> list[ErrorDetails]:
    """A dict for each of the errors, which is what costs memory."""
    return error.errors(include_url=False, include_context=False, include_input=False)


def _is_same(value: Any, other: Any) -> bool:
    """1 and true are equal in Python, and not in JSON."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _but_for(values: tuple[Any, ...]) -> str:
    return f", but for {', '.join(map(repr, values))}" if values else ""


def _path(location: tuple[int | str, ...]) -> str:
    """messages[0].content, as OpenAI names a place; without the names that pydantic gives to alternatives."""
    path, before = "", None
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif "[" not in step and step not in ALTERNATIVES and not (step in TAGS and _is_tagged(before)):
            path += f".{step}" if path else step
        before = step
    return path


def _is_tagged(step: int | str | None) -> bool:
    """Whether what follows a step is the tag of an alternative, and no member."""
    return isinstance(step, int) or step == "format"


ALTERNATIVES: Final = frozenset({"str", "list", "bool", "int", "float", "ConversationId"})

TAGS: Final = frozenset(
    {
        *("user", "assistant", "system", "developer"),
        *("text", "image_url", "input_audio", "file"),
        *("input_text", "input_image", "input_file", "json_schema"),
    }
)
"""Values of `role` and `type`, which tell pydantic which alternative is meant."""
