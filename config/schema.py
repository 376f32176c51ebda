"""What the OpenAPI document says of all operations alike: how they fail."""

from typing import Any, Final

from config.errors import CONTENT_TYPE

FIELD_ERROR: Final = {
    "type": "object",
    "properties": {
        "field": {"type": "string", "description": "The field's name, or the parameter's."},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
    "required": ["field", "code", "detail"],
}

PROBLEM: Final = {
    "type": "object",
    "description": "What went wrong (RFC 9457). Decide by `code`; docs/errors.md lists all, and what further members "
    "some of them bring.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string", "description": "The same for every occurrence of the code."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "One sentence for a person."},
        "code": {"type": "string", "pattern": "^[a-z_]+$"},
        "request_id": {"type": "string", "description": "What to tell the support."},
        "errors": {"type": "array", "items": FIELD_ERROR, "description": "Where the code is `invalid_input`."},
    },
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "additionalProperties": True,
}

FAILED: Final = {
    "description": "It failed. What that leaves behind, docs/errors.md says.",
    "headers": {
        "Retry-After": {
            "description": "Seconds to wait: with every 429, and every 503 but `not_for_sale`.",
            "schema": {"type": "integer", "minimum": 1},
        },
    },
    "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def describe_failures(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give every operation its default response, the problem. A hook of drf-spectacular's."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components.setdefault("responses", {})["Problem"] = FAILED
    for item in result["paths"].values():
        for operation in item.values():
            operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    return result
