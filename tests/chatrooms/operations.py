"""Every operation of the contract, asked with the ids of some user's objects."""

from typing import Any

from django.db import connection
from rest_framework.test import APIClient

from tests.promised import PROMISED

OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, item in PROMISED["paths"].items()
    for method, operation in item.items()
}
BODIES: dict[str, dict[str, Any]] = {
    "DELETE /auth/sessions/{session_id}": {},
    "DELETE /api-keys/{key_id}": {},
    "POST /api-keys/{key_id}/rotate": {"overlap": 0},
    "GET /webhook-endpoints/{endpoint_id}": {},
    "PATCH /webhook-endpoints/{endpoint_id}": {"event_types": []},
    "DELETE /webhook-endpoints/{endpoint_id}": {},
    "POST /webhook-endpoints/{endpoint_id}/rotate": {"overlap": 0},
    "POST /webhook-endpoints/{endpoint_id}/test": {},
    "GET /webhook-endpoints/{endpoint_id}/deliveries": {},
    "POST /webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/replay": {},
    "GET /chatroom/{room_id}": {},
    "PATCH /chatroom/{room_id}": {"name": "Taken"},
    "DELETE /chatroom/{room_id}": {},
    "POST /chatroom/{room_id}/message": {"content": "Hello"},
    "GET /chatroom/{room_id}/messages": {},
    "GET /chatroom/{room_id}/export": {},
    "GET /files/{file_id}": {},
    "GET /files/{file_id}/content": {},
    "POST /files/{file_id}/complete": {},
    "DELETE /files/{file_id}": {},
    "GET /message/{message_id}": {},
    "PATCH /message/{message_id}": {"content": "Changed"},
    "GET /message/{message_id}/replies": {},
    "GET /message/{message_id}/stream": {},
    "POST /message/{message_id}/stop": {},
    "POST /message/{message_id}/retry": {},
    "POST /message/{message_id}/regenerate": {},
    "GET /v1/responses/{response_id}": {},
    "DELETE /v1/responses/{response_id}": {},
    "POST /v1/responses/{response_id}/cancel": {},
    "GET /v1/ui/chat/{chat_id}/stream": {},
    "DELETE /v1/ui/chat/{chat_id}/stream": {},
}
"""The body for each operation on one object. An operation without a line fails a test."""
OF_NOBODY = {"GET /v1/models/{model}"}
"""Operations on one object that has no owner."""
OPEN = {
    "POST /auth/forgot-password",
    "POST /auth/login",
    "POST /auth/logout",
    "POST /auth/refresh",
    "POST /auth/reset-password",
    "POST /auth/send-otp",
    "POST /auth/signup",
    "POST /auth/verify-otp",
    "GET /tiers",
    "POST /webhook/stripe",
}
"""The open operations; all others need a session or an API key."""
TABLES = """
    SELECT format('SELECT %L, md5(string_agg(r::text, E''\\n'' ORDER BY r::text)) FROM %I r', relname, relname)
    FROM pg_stat_user_tables WHERE schemaname = 'public'
"""


def state() -> list[Any]:
    """A fingerprint of every table."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        queries = [query for (query,) in cursor.fetchall()]
        assert len(queries) > 40
        cursor.execute(" UNION ALL ".join(queries))
        return sorted(cursor.fetchall())


def code_of(answer: Any) -> str:
    """The code of an error, in our shape or in OpenAI's."""
    body = answer.json()
    return str(body["error"]["code"] if "error" in body else body["code"])


def ask(client: APIClient, operation: str, **ids: Any) -> Any:
    method, _, path = operation.partition(" ")
    return getattr(client, method.lower())("/" + path.lstrip("/").format(**ids), BODIES.get(operation, {}))


MISSING = {
    "chat_id": 2**62,
    "room_id": 2**62,
    "message_id": 2**62,
    "file_id": 2**62,
    "session_id": "01234567-89ab-4cde-8f01-23456789abcd",
    "key_id": "01234567-89ab-4cde-8f01-23456789abcd",
    "endpoint_id": "01234567-89ab-4cde-8f01-23456789abcd",
    "delivery_id": 2**62,
    "response_id": f"resp_{2**62}",
    "model": "no-such-model",
}
"""Ids of the same kinds that nobody has."""
