"""What the OpenAPI document says of messages and streams in addition to the serializers."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from chatrooms.serializers import WaitSerializer
from chatrooms.stream_entries import Event

Schema = dict[str, Any]

SSE: Final = "text/event-stream"


def response_header(name: str, kind: str, description: str, *statuses: int) -> OpenApiParameter:
    """A header of the responses with these statuses."""
    return OpenApiParameter(
        name, {"type": kind}, OpenApiParameter.HEADER, description=description, response=list(statuses)
    )


LOCATION: Final = response_header("Location", "string", "The URL of the message, or of its stream.", 202, 307)
REQUESTS_REPLY: Final = (
    WaitSerializer,
    LOCATION,
    response_header("X-RateLimit-Limit", "integer", "Units a day; absent if the tier has no limit.", 202),
    response_header("X-RateLimit-Remaining", "integer", "What is left of today's units.", 202),
    response_header("X-RateLimit-Reset", "integer", "When the day ends (midnight UTC), in seconds since 1970.", 202),
)
"""Of every request for a reply: the parameter, and the headers of 202."""

LAST_ID: Final = "The `id` of the last event that you have: the stream continues after it."
STREAM_PARAMETERS: Final = (
    OpenApiParameter("ticket", {"type": "string"}, description="As in `stream_url`; instead of a token."),
    OpenApiParameter("after", {"type": "string"}, description=LAST_ID),
    OpenApiParameter(
        "Last-Event-ID",
        {"type": "string"},
        OpenApiParameter.HEADER,
        description=f"{LAST_ID} Browsers send it automatically.",
    ),
    LOCATION,
)
STREAM_EXAMPLE: Final = """\
retry: 1000
id: 8:1-1
event: start
data: {"attempt": 1}

id: 8:1-2
event: delta
data: {"text": "A monsoon"}

id: 8:1-1000000000
event: done
data: {"length": 9}

"""
STREAM_RESPONSES: Final = {
    (200, SSE): OpenApiResponse(
        response={
            "type": "string",
            "contentMediaType": SSE,
            "contentSchema": {"type": "array", "items": {"$ref": "#/components/schemas/StreamEvent"}},
        },
        description="From the process that streams: the events until the end, and a comment (`: ping`) every 15 "
        f"seconds. A client that accepts `{SSE}` gets one event of type `error` where others get 429 or 503.",
        examples=[OpenApiExample("A reply", STREAM_EXAMPLE)],
    ),
    204: OpenApiResponse(description="You have all events, the last one too: do not reconnect."),
    307: OpenApiResponse(description="To the process that streams, with a ticket in the URL."),
}


def describe_events(result: Schema, **_: Any) -> Schema:
    """Add the schemas of a stream's events; a hook of drf-spectacular."""
    events = {
        Event.START: _event(
            Event.START, "Discard the text you have: the whole text follows.", attempt={"type": "integer", "minimum": 1}
        ),
        Event.DELTA: _event(Event.DELTA, "Append the text.", text={"type": "string"}),
        Event.DONE: _event(
            Event.DONE,
            "The text is complete.",
            length={"type": "integer", "minimum": 0, "description": "In characters (code points)."},
        ),
        Event.STOPPED: _event(Event.STOPPED, "The reply was stopped; the text so far is its text."),
        Event.ERROR: _event(
            Event.ERROR,
            "The reply failed, if `final` is absent; otherwise only the stream ended, and not the reply.",
            code={"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("ReplyError", "ProblemCode")]},
            final={"type": "boolean", "description": "False: reconnect. True: it is no longer yours."},
        ),
    }
    names = {event: f"{event.value.capitalize()}Event" for event in events}
    references = {event.value: f"#/components/schemas/{name}" for event, name in names.items()}
    union = {
        "description": "One block of the stream; `data` is JSON there.",
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "event", "mapping": references},
    }
    schemas = result["components"]["schemas"]
    schemas |= {"StreamEvent": union} | {names[event]: schema for event, schema in events.items()}
    return result


def _event(event: Event, description: str, **data: Schema) -> Schema:
    always = [name for name in data if name != "final"]
    fields = {"type": "object", "properties": data, **({"required": always} if always else {})}
    return {
        "type": "object",
        "description": description,
        "properties": {
            "id": {"type": "string", "description": "Send it as `Last-Event-ID` to continue after it."},
            "event": {"type": "string", "const": event.value},
            "data": fields,
        },
        "required": ["event", "data"],
    }
