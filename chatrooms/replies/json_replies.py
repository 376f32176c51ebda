"""Replies in JSON, for rooms that have a schema."""

import json
from collections.abc import Mapping
from typing import Any, Final

import jsonschema

from gemini.exceptions import SchemaMismatch

MAX_DEPTH: Final = 10
MAX_SIZE: Final = 8_000
"""Characters of a schema, as JSON."""

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
    if len(json.dumps(schema, ensure_ascii=False)) > MAX_SIZE:
        raise InvalidSchema(f"The schema may have {MAX_SIZE} characters as JSON.")
    _check_level(schema, depth=1)
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise InvalidSchema(f"It is not a JSON schema: {error.message[:200]}") from None


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


def check_schema(text: str, *, schema: Mapping[str, Any] | None) -> None:
    """Accept a whole reply: any text if the room has no schema.

    Raises:
        SchemaMismatch: it is not JSON, or it does not match.
    """
    if schema is None:
        return
    try:
        jsonschema.Draft202012Validator(schema).validate(json.loads(text))
    except (ValueError, RecursionError, jsonschema.ValidationError) as error:
        raise SchemaMismatch(cause=type(error).__name__) from None
