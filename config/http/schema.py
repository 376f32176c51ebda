"""What the OpenAPI document has in common for all operations: errors, headers, required fields of responses."""

from collections.abc import Iterator
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.fields import empty

from config.http.operation_ids import rename
from config.http.problems import CONTENT_TYPE, problems

Schema = dict[str, Any]

REQUEST_ID: Final[Schema] = {
    "description": "The request's id, to quote to support. If you sent one, it is yours.",
    "schema": {"type": "string"},
}
LINK: Final[Schema] = {
    "description": 'The neighbouring pages (RFC 8288): `<…>; rel="next"`, `<…>; rel="prev"`. The last page has no '
    "`next`, the first no `prev`. Absent if everything fits on one page.",
    "schema": {"type": "string"},
}
RATE_LIMITS: Final[Schema] = {
    "RateLimit-Policy": {
        "description": 'The limits of this request: `"user";q=60;w=60` allows 60 in 60 seconds.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What remains of them: `"user";r=12;t=41` is 12 more within the next 41 seconds.',
        "schema": {"type": "string"},
    },
}
FAILURE_HEADERS: Final[Schema] = {
    "X-Request-ID": REQUEST_ID,
    "Retry-After": {
        "description": "Seconds to wait. Sent with every 429, and every 503 except `not_for_sale`.",
        "schema": {"type": "integer", "minimum": 1},
    },
    **RATE_LIMITS,
    "WWW-Authenticate": {"description": "With every 401.", "schema": {"type": "string"}},
    **{
        name: {"description": "With `quota_exceeded`, as when sending a message.", "schema": {"type": "integer"}}
        for name in ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    },
    "Allow": {"description": "With a 405: the allowed methods.", "schema": {"type": "string"}},
}

ERROR_SHAPE: Final = "x-errors"
"""Of an operation whose errors have another shape: the name of its response in the components."""

SUCCESS: Final = {
    "200": "Success.",
    "201": "Created.",
    "202": "Accepted; the work continues in the background.",
}
"""The description of a response whose view has none."""


class OperationSchema(AutoSchema):
    """Corrects drf-spectacular, which treats a field that is optional in requests as optional in responses."""

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "response":
            always = {name for name, field in serializer.fields.items() if _always_comes(serializer, field)}
            schema["required"] = sorted(always & schema["properties"].keys())
        return schema

    def _get_request_for_media_type(self, serializer: Any, direction: Any = "request") -> Any:
        if self.method == "PATCH" and getattr(serializer, "never_partial", False):
            return self.resolve_serializer(serializer, direction).ref, True
        return super()._get_request_for_media_type(serializer, direction)  # type: ignore[no-untyped-call]

    def _get_response_headers_for_code(self, status_code: str, direction: str = "response") -> Any:
        headers = super()._get_response_headers_for_code(status_code, direction)
        is_page = status_code == "200" and self._is_list_view() and self._get_paginator()  # type: ignore[no-untyped-call]
        is_limited = any(getattr(throttle, "policy", "") for throttle in self.view.get_throttles())
        return {**({"Link": LINK} if is_page else {}), **(RATE_LIMITS if is_limited else {}), **headers}


def _always_comes(serializer: Any, field: Any) -> bool:
    """Whether every response has the field: a model's, a computed one, or one with a default."""
    of_a_model = isinstance(serializer, serializers.ModelSerializer)
    return of_a_model or field.required or field.read_only or field.default is not empty


def complete(result: Schema, **_: Any) -> Schema:
    """Name every operation, and add its errors, response headers and security.

    A hook of drf-spectacular. A header has one meaning everywhere, so each is defined once, in the components.
    """
    components = result["components"]
    components["schemas"] |= _problem()
    components["headers"] = {**FAILURE_HEADERS, **components.get("headers", {})}
    for operation in _operations(result):
        operation.setdefault("security", [])
        rename(operation)
        _name_scope(operation)
        for status, response in operation["responses"].items():
            response["description"] = response.get("description") or SUCCESS.get(status, "")
            headers = {"X-Request-ID": REQUEST_ID, **response.get("headers", {})}
            components["headers"] |= headers
            response["headers"] = references(headers)
        # Both, because some client generators read only one of them.
        error = operation.pop(ERROR_SHAPE, "Problem")
        for failure in ("4XX", "default"):
            operation["responses"][failure] = {"$ref": f"#/components/responses/{error}"}
    components["headers"] = dict(sorted(components["headers"].items()))
    components["responses"] = {"Problem": _failed(), **components.get("responses", {})}
    return result


def _operations(result: Schema) -> Iterator[Schema]:
    for item in result["paths"].values():
        yield from item.values()


def _name_scope(operation: Schema) -> None:
    """Say the scope of an API key as `x-scope`: OpenAPI 3.1 takes roles of any scheme, but linters only OAuth's.

    The requirements are replaced and not changed, since some of them are kept from one schema to the next.
    """
    for roles in (roles for requirement in operation["security"] for roles in requirement.values() if roles):
        [operation["x-scope"]] = roles
    operation["security"] = [{scheme: [] for scheme in requirement} for requirement in operation["security"]]


def references(headers: Schema) -> Schema:
    """Headers of the components, by reference."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in headers}


def _failed() -> Schema:
    return {
        "description": "An error. docs/errors.md explains each code.",
        "headers": references(FAILURE_HEADERS),
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _problem() -> Schema:
    """The schemas of errors, with the codes of all problem classes."""
    field_error = {
        "type": "object",
        "properties": {
            "field": {"type": "string", "description": "The name of the field or parameter."},
            "code": {"type": "string"},
            "detail": {"type": "string"},
        },
        "required": ["field", "code", "detail"],
    }
    problem = {
        "type": "object",
        "description": "An error (RFC 9457). Rely on `code`; docs/errors.md lists all codes and the further members "
        "of some of them.",
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string", "description": "The same for every occurrence of the code."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "One sentence for a human."},
            "code": {"$ref": "#/components/schemas/ProblemCode"},
            "request_id": {"type": "string", "description": "The request's id, to quote to support."},
            "errors": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/FieldError"},
                "description": "If the code is `invalid_input`.",
            },
        },
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "additionalProperties": True,
    }
    codes = sorted(kind.code for kind in problems())
    return {"Problem": problem, "ProblemCode": {"type": "string", "enum": codes}, "FieldError": field_error}
