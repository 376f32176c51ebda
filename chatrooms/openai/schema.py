"""What the OpenAPI document says of the dialect. Its bodies are OpenAI's, whose own document describes them in full."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

from accounts.schema import IDEMPOTENCY_KEY
from chatrooms.schema import SSE, response_header
from config.http.schema import ERROR_SHAPE, FAILURE_HEADERS, references

Schema = dict[str, Any]
Method = TypeVar("Method", bound=Callable[..., Any])

TEXT: Final[Schema] = {"type": "string"}
LIST: Final[Schema] = {"type": "array", "items": {}}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}


def object_of(description: str, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": True,
    }


MODEL: Final = inline_serializer(
    "OpenAIModel",
    {
        "id": serializers.CharField(),
        "object": serializers.ChoiceField(choices=["model"]),
        "created": serializers.IntegerField(),
        "owned_by": serializers.CharField(),
    },
)
MODELS: Final = inline_serializer(
    "OpenAIModels", {"object": serializers.ChoiceField(choices=["list"]), "data": serializers.ListField(child=MODEL)}
)

ERROR: Final = "OpenAIError"
LIMITS: Final[Schema] = {
    "X-RateLimit-Limit-Requests": {"description": "Units a day; absent if the tier has no limit.", "schema": COUNT},
    "X-RateLimit-Remaining-Requests": {"description": "What is left of today's units.", "schema": COUNT},
    "X-RateLimit-Reset-Requests": {"description": "Until the day ends (midnight UTC): 8h12m3s.", "schema": TEXT},
}
SHOULD_RETRY: Final[Schema] = {
    "X-Should-Retry": {
        "description": "`false` where to repeat the request is no use: OpenAI's clients obey.",
        "schema": {"type": "string", "enum": ["false"]},
    }
}


def describe_errors(result: Schema, **_: Any) -> Schema:
    """Add the errors of the dialect; a hook of drf-spectacular."""
    components = result["components"]
    members = {"message": TEXT, "type": TEXT, "param": {"type": ["string", "null"]}, "code": TEXT}
    components["schemas"][ERROR] = object_of(
        "An error as OpenAI's clients know it.", error=object_of("Rely on `code`.", **members)
    )
    headers = {**FAILURE_HEADERS, **LIMITS, **SHOULD_RETRY}
    components.setdefault("responses", {})[ERROR] = {
        "description": "An error. docs/openai.md lists the codes that are not in docs/errors.md.",
        "headers": references(headers),
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{ERROR}"}}},
    }
    components["headers"] = {**components.get("headers", {}), **LIMITS, **SHOULD_RETRY}
    return result


def operation(operation_id: str, **details: Any) -> Callable[[Method], Method]:
    """Describe an operation of the dialect."""
    return extend_schema(operation_id=operation_id, tags=["openai"], extensions={ERROR_SHAPE: ERROR}, **details)


EXAMPLE: Final = {"model": "gemini-flash-latest", "messages": [{"role": "user", "content": "What is a monsoon?"}]}


def redirect_headers() -> list[OpenApiParameter]:
    """Of the redirect to a reply, and of the response there."""
    location = response_header("Location", "string", "The URL of the reply.", 303)
    replayed = OpenApiParameter(
        "Idempotency-Replayed",
        {"type": "string", "enum": ["true"]},
        OpenApiParameter.HEADER,
        description="There if it was a repeat.",
        response=[200, 303],
    )
    limits = [
        response_header(name, str(each["schema"]["type"]), each["description"], 200, 303)
        for name, each in LIMITS.items()
    ]
    return [location, replayed, *limits]


SEE_OTHER: Final = OpenApiResponse(
    description="To the reply, with a ticket in the URL; clients of OpenAI's follow it. Behind the shipped nginx the "
    "response comes directly."
)
CHAT_COMPLETION: Final[dict[str, Any]] = {
    "parameters": [IDEMPOTENCY_KEY, *redirect_headers()],
    "request": {
        "application/json": object_of(
            "As OpenAI describes it; a parameter that is not supported is 400, and `param` names it.",
            model=TEXT,
            messages={"type": "array", "items": {"type": "object", "additionalProperties": True}, "minItems": 1},
        )
    },
    "examples": [OpenApiExample("Question", EXAMPLE, request_only=True)],
    "responses": {
        (200, "application/json"): OpenApiResponse(
            response=object_of("A completion.", id=TEXT, object=TEXT, created=COUNT, model=TEXT, choices=LIST),
            description="The completion, if it is not streamed.",
        ),
        (200, SSE): OpenApiResponse(
            response=TEXT, description="`chat.completion.chunk` objects and `[DONE]`, with `stream`."
        ),
        303: SEE_OTHER,
    },
}

RESPONSE: Final = {
    (200, "application/json"): OpenApiResponse(
        response=object_of("A response.", id=TEXT, object=TEXT, created_at=COUNT, model=TEXT, status=TEXT, output=LIST),
        description="The response.",
    )
}
RESPONSES: Final[dict[Any, Any]] = {
    **RESPONSE,
    (200, SSE): OpenApiResponse(response=TEXT, description="The events of the response, with `stream`."),
    303: SEE_OTHER,
}
DELETED: Final = inline_serializer(
    "OpenAIDeletedResponse",
    {
        "id": serializers.CharField(),
        "object": serializers.ChoiceField(choices=["response"]),
        "deleted": serializers.BooleanField(),
    },
)
CREATE_RESPONSE: Final[dict[str, Any]] = {
    "parameters": [IDEMPOTENCY_KEY, *redirect_headers()],
    "request": {
        "application/json": object_of(
            "As OpenAI describes it; a parameter that is not supported is 400, and `param` names it.", input={}
        )
    },
    "examples": [OpenApiExample("Question", {"input": "What is a monsoon?"}, request_only=True)],
    "responses": RESPONSES,
}
RETRIEVE_RESPONSE: Final[dict[str, Any]] = {
    "parameters": [
        OpenApiParameter("stream", {"type": "boolean"}, description="Whether to stream its events."),
        OpenApiParameter("starting_after", COUNT, description="The `sequence_number` of the last event that you have."),
        OpenApiParameter("Last-Event-ID", COUNT, OpenApiParameter.HEADER, description="The same, as browsers send it."),
        response_header("Location", "string", "The URL of the reply.", 303),
    ],
    "responses": RESPONSES,
}
