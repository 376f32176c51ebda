"""The statements that every reply runs, compiled once."""

from datetime import timedelta
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Coalesce, Now

from accounts.models import User
from chatrooms.models import Chatroom, Reply, ReplyQuerySet, Status
from config.infrastructure.compiled import compiled, compiled_update


@compiled
def lock_owner(reply_id: int) -> QuerySet[User, Any]:
    """Lock the user of a queued reply."""
    owner = Reply.objects.filter(pk=reply_id, status=Status.QUEUED).values("user_id")
    return User.objects.select_for_update(no_key=True).filter(pk__in=owner).values("pk")


@compiled_update
def start(reply_id: int, lease: timedelta) -> tuple[ReplyQuerySet, dict[str, Any]]:
    """Claim a reply that is due for one attempt."""
    return Reply.objects.due().filter(pk=reply_id), {
        "status": Status.GENERATING,
        "attempt": F("attempt") + 1,
        "is_parked": False,
        "retry_code": "",
        "lease_until": ExpressionWrapper(Now() + lease, DateTimeField()),
        "started_at": Coalesce("started_at", Now()),
    }


@compiled
def claimed(reply_id: int) -> ReplyQuerySet:
    """A claimed reply, with its room and question."""
    whole: ReplyQuerySet = Reply.objects.with_waited().filter(pk=reply_id).select_related("room", "answers")
    return whole.defer("answers__search", "search")


@compiled_update
def save(
    *,
    reply_id: int,
    held_attempt: int,
    status: str,
    content: str,
    model: str,
    finish_reason: str,
    first_token_ms: int | None,
    prompt_tokens: int | None,
    output_tokens: int | None,
    tokens_estimated: bool,
    cached_tokens: int | None,
    tool_tokens: int | None,
    thought_tokens: int | None,
    parts: list[dict[str, Any]] | None,
    response_id: str,
    service_tier: str,
) -> tuple[ReplyQuerySet, dict[str, Any]]:
    """Write the end of a reply that is done, if the attempt still holds it."""
    return Reply.objects.held_by(reply_id=reply_id, attempt=held_attempt), {
        "status": status,
        "content": content,
        "model": model,
        "finish_reason": finish_reason,
        "first_token_ms": first_token_ms,
        "prompt_tokens": prompt_tokens,
        "output_tokens": output_tokens,
        "tokens_estimated": tokens_estimated,
        "cached_tokens": cached_tokens,
        "tool_tokens": tool_tokens,
        "thought_tokens": thought_tokens,
        "parts": parts,
        "response_id": response_id,
        "service_tier": service_tier,
        "lease_until": None,
        "finished_at": Now(),
    }


@compiled_update
def mark_active(room_id: int) -> tuple[QuerySet[Chatroom], dict[str, Any]]:
    return Chatroom.objects.filter(pk=room_id), {"updated_at": Now()}
