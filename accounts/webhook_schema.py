"""What the OpenAPI document says of the requests that we send: its `webhooks`, with the schema of each event."""

from typing import Any, Final

from accounts.models import EventType
from accounts.models.webhooks import TEST_EVENT

Schema = dict[str, Any]

ID: Final[Schema] = {"type": "integer"}
KEY_ID: Final[Schema] = {"type": "string", "format": "uuid"}
REPLY: Final[dict[str, Schema]] = {"chatroom_id": ID, "message_id": ID, "reply_id": ID}

EVENTS: Final[dict[str, tuple[str, dict[str, Schema]]]] = {
    EventType.REPLY_DONE: ("A reply is complete.", REPLY),
    EventType.REPLY_FAILED: (
        "A reply failed, and will not be attempted again by itself.",
        REPLY | {"error": {"$ref": "#/components/schemas/ReplyError"}},
    ),
    EventType.REPLY_STOPPED: ("A reply was stopped. The text that it had follows within seconds.", REPLY),
    EventType.QUOTA_EXHAUSTED: (
        "The last message of the day was sent. It comes again if one was given back, and sent.",
        {"day": {"type": "string", "format": "date", "description": "UTC."}, "limit": ID},
    ),
    EventType.SUBSCRIPTION_CHANGED: (
        "Pro was bought, given, prolonged, cancelled or ended by a change. That its time is simply over is not told.",
        {},
    ),
    EventType.KEY_EXPIRING: (
        "An API key expires within seven days.",
        {"key_id": KEY_ID, "expires_at": {"type": "string", "format": "date-time"}},
    ),
    EventType.ACCOUNT_ERASED: ("The account was erased. It is the last event.", {}),
    TEST_EVENT: ("You asked for a test.", {"endpoint_id": KEY_ID}),
}
"""The description and the data of each event, besides the user's id."""

HEADERS: Final = {
    "webhook-id": "The same in every attempt: what was seen before is a repeat.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "`v1,<base64>`, HMAC-SHA256 of `id.timestamp.body`; two of them, with a space between, while "
    "a secret is rotated.",
}


def describe_webhooks(result: Schema, **_: Any) -> Schema:
    """Add the events and their schemas; a hook of drf-spectacular."""
    schemas = result["components"]["schemas"]
    result["webhooks"] = {}
    for name, (description, data) in EVENTS.items():
        component = "".join(word.capitalize() for word in str(name).replace(".", "_").split("_")) + "Webhook"
        schemas[component] = _event(name, description, data)
        result["webhooks"][str(name)] = {"post": _operation(component, description)}
    return result


def _event(name: str, description: str, data: dict[str, Schema]) -> Schema:
    fields = {"user_id": ID, **data}
    return {
        "type": "object",
        "description": description,
        "properties": {
            "type": {"type": "string", "const": str(name)},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
            "data": {"type": "object", "properties": fields, "required": list(fields)},
        },
        "required": ["type", "timestamp", "data"],
    }


def _operation(component: str, description: str) -> Schema:
    return {
        "operationId": f"on{component.removesuffix('Webhook')}",
        "summary": description.partition(".")[0],
        "description": description,
        "tags": ["webhook-endpoints"],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for name, text in HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{component}"}}},
        },
        "responses": {
            "2XX": {"description": "It is delivered."},
            "410": {"description": "The endpoint is disabled."},
            "default": {"description": "It is sent again later, at least as late as `Retry-After` says."},
        },
    }
