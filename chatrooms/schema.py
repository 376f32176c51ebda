"""What the OpenAPI document says of messages and streams, beside what serializers say."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from chatrooms.serializers import WaitSerializer
from chatrooms.stream_entries import Event

Schema = dict[str, Any]

SSE: Final = "text/event-stream"


def _answered(name: str, kind: str, description: str, *statuses: int) -> OpenApiParameter:
    return OpenApiParameter(
        name, {"type": kind}, OpenApiParameter.HEADER, description=description, response=list(statuses)
    )


LOCATION: Final = _answered("Location", "string", "Where to look: the message, or its stream.", 202, 307)
ANEW: Final = (
    WaitSerializer,
    LOCATION,
    _answered("X-RateLimit-Limit", "integer", "Units a day; not there where the tier has no limit.", 202),
    _answered("X-RateLimit-Remaining", "integer", "What is left of today's units.", 202),
    _answered("X-RateLimit-Reset", "integer", "When the day ends (midnight UTC), in seconds since 1970.", 202),
)
"""Of what has the model answer: the parameter, and the headers of 202."""

PLACE: Final = "The `id` of the last event that you have: the stream goes on behind it."
STREAM_PARAMETERS: Final = (
    OpenApiParameter("ticket", {"type": "string"}, description="As in `stream_url`; instead of a token."),
    OpenApiParameter("after", {"type": "string"}, description=PLACE),
    OpenApiParameter(
        "Last-Event-ID",
        {"type": "string"},
        OpenApiParameter.HEADER,
        description=f"{PLACE} Browsers send it themselves.",
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
        description="Where it is streamed: the events until the end, and a comment (`: ping`) every 15 seconds. A "
        f"reader that accepts `{SSE}` gets one event of type `error` where others get 429 or 503.",
        examples=[OpenApiExample("An answer", STREAM_EXAMPLE)],
    ),
    204: OpenApiResponse(description="You have everything, the end too: do not come back."),
    307: OpenApiResponse(description="To the process that streams, with a ticket in the address."),
}


def describe_events(result: Schema, **_: Any) -> Schema:
    """Add the schemas of a stream's events. A hook of drf-spectacular's."""
    events = {
        Event.START: _event(
            Event.START, "Drop the text you have: here comes all of it.", attempt={"type": "integer", "minimum": 1}
        ),
        Event.DELTA: _event(Event.DELTA, "Add the text.", text={"type": "string"}),
        Event.DONE: _event(
            Event.DONE,
            "The text is whole.",
            length={"type": "integer", "minimum": 0, "description": "In characters (code points)."},
        ),
        Event.STOPPED: _event(Event.STOPPED, "Somebody stopped it; the text so far is the answer."),
        Event.ERROR: _event(
            Event.ERROR,
            "The answer failed, if `final` is not there; else the stream broke off and not the answer.",
            code={"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("ReplyError", "ProblemCode")]},
            final={"type": "boolean", "description": "False: open it again. True: it is not yours any more."},
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
            "id": {"type": "string", "description": "Send it as `Last-Event-ID` to go on behind it."},
            "event": {"type": "string", "const": event.value},
            "data": fields,
        },
        "required": ["event", "data"],
    }
