"""Replies in JSON, for rooms that have a schema."""

import json
from collections.abc import Mapping
from typing import Any, Final

import jsonschema

from gemini.exceptions import SchemaCut, SchemaMismatch
from gemini.storable import storable

MAX_DEPTH: Final = 10
MAX_SIZE: Final = 8_000
"""Characters of a schema, as JSON."""

MAX_ALTERNATIVES: Final = 50
"""Values of `enum` and branches of `anyOf` and `oneOf` in a schema: each may be tried for every value of a reply."""

KEYWORDS: Final = frozenset(
    {
        *("type", "format", "title", "description", "enum", "const", "default"),
        *("properties", "required", "additionalProperties", "propertyOrdering"),
        *("items", "prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf"),
    }
)
"""Those that Gemini takes (https://ai.google.dev/gemini-api/docs/structured-output), without `$ref` and `pattern`: what
they cost to check has no bound."""

NESTED: Final = ("items", "additionalProperties")
NESTED_LISTS: Final = ("prefixItems", "anyOf", "oneOf")


class InvalidSchema(ValueError):
    """The text says why, for the user."""


def validate_schema(schema: Any) -> None:
    """Accept a JSON schema that Gemini takes and that is cheap to check.

    Raises:
        InvalidSchema: it is not one.
    """
    if not isinstance(schema, dict):
        raise InvalidSchema("The schema must be a JSON object.")
    _check_depth(schema)
    text = json.dumps(schema, ensure_ascii=False)
    if len(text) > MAX_SIZE:
        raise InvalidSchema(f"The schema may have {MAX_SIZE} characters as JSON.")
    if "\\u0000" in text or storable(text) != text:
        raise InvalidSchema("The schema has a character that cannot be stored.")
    _check_level(schema, depth=1)
    if _alternatives(schema) > MAX_ALTERNATIVES:
        raise InvalidSchema(f"The schema may have {MAX_ALTERNATIVES} alternatives, in enum, anyOf and oneOf.")
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise InvalidSchema(f"It is not a JSON schema: {error.message[:200]}") from None


def _check_depth(value: Any) -> None:
    """Bound the nesting of all of it, also of what is no schema (`const`, `default`), before anything recurses."""
    level = [value]
    for _ in range(2 * MAX_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise InvalidSchema(f"The schema may be {MAX_DEPTH} levels deep.")


def _alternatives(value: Any) -> int:
    if isinstance(value, list):
        return sum(_alternatives(each) for each in value)
    if not isinstance(value, dict):
        return 0
    own = sum(len(value[name]) for name in ("enum", "anyOf", "oneOf") if isinstance(value.get(name), list))
    return own + sum(_alternatives(each) for each in value.values())


def _check_level(schema: Any, *, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise InvalidSchema(f"The schema may be {MAX_DEPTH} levels deep.")
    if not isinstance(schema, dict):
        return
    if unknown := schema.keys() - KEYWORDS:
        raise InvalidSchema(f"The keyword {min(unknown)} is not supported.")
    properties = schema.get("properties")
    lists = [schema.get(name) for name in NESTED_LISTS]
    inner = [
        *(schema.get(name) for name in NESTED),
        *(properties.values() if isinstance(properties, dict) else ()),
        *(each for one in lists if isinstance(one, list) for each in one),
    ]
    for each in inner:
        _check_level(each, depth=depth + 1)


def check_schema(text: str, *, schema: Mapping[str, Any] | None, is_whole: bool) -> None:
    """Accept a reply: any text if the room has no schema.

    Raises:
        SchemaCut: it was cut off at its limit, as another one would be.
        SchemaMismatch: it is not JSON, or it does not match.
    """
    if schema is None:
        return
    if not is_whole:
        raise SchemaCut(cause="cut")
    try:
        jsonschema.Draft202012Validator(schema).validate(json.loads(text))
    except (ValueError, RecursionError, jsonschema.ValidationError) as error:
        raise SchemaMismatch(cause=type(error).__name__) from None
