"""Asks `/v1/ui/chat` as a client of the AI SDK does."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from rest_framework.test import APIClient

from chatrooms.models import Reply
from chatrooms.tickets import DialectTicket


def said(text: str, ui_id: str = "u1", **fields: Any) -> dict[str, Any]:
    return {"id": ui_id, "role": "user", "parts": [{"type": "text", "text": text}], **fields}


def ask(client: APIClient, *messages: dict[str, Any], chat: Any = "c-1", query: str = "", **fields: Any) -> Any:
    headers = fields.pop("headers", {})
    body = {"id": chat, "messages": list(messages), "trigger": "submit-message", **fields}
    return client.post(f"/v1/ui/chat{query}", body, headers=headers)


def ticket_of(answer: Any) -> DialectTicket:
    assert answer.status_code == 303, answer.content
    return DialectTicket.parse(parse_qs(urlsplit(answer["Location"]).query)["ticket"][0])


def end(status: str = "done", content: str = "Rain.", error: str = "") -> None:
    Reply.objects.filter(is_current=True).update(status=status, content=content, error=error)
