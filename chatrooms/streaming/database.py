"""What the process `stream` asks the database, in threads."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connections

from accounts import bearers
from chatrooms.models import Reply


def final_reply(reply_id: int) -> Reply | None:
    """Return the reply if it has ended and its text is known; None if not, or if it is gone."""
    reply: Reply | None = Reply.objects.filter(pk=reply_id).first()
    return reply if reply and reply.is_known else None


def over_and_signed_out(reply_ids: set[int], bearer_ids: set[UUID]) -> tuple[set[int], set[UUID]]:
    """Return which replies are gone or have ended with a known text, and which sessions and API keys have ended."""
    try:
        unknown = set(Reply.objects.filter(pk__in=reply_ids).unknown().values_list("pk", flat=True))
        alive = bearers.all_living(bearer_ids)
        return reply_ids - unknown, bearer_ids - alive
    finally:
        connections.close_all()


def close_connections_after(work: Callable[..., Any], *arguments: Any) -> Any:
    """Call `work`, and return the connection to the pool."""
    try:
        return work(*arguments)
    finally:
        connections.close_all()
