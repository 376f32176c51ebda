"""Stopping a reply: it has ended at once, and its text follows.

The text is what the client could read until then. The Redis stream knows it (`keep_stopped`), or else the worker does,
when it notices the stop (`settle`).
"""

from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Case, When
from django.db.models.functions import Now

from accounts.models import User
from billing import quota
from chatrooms import redis_stream, stream_entries
from chatrooms.exceptions import ReplyIsFinal
from chatrooms.models import Chatroom, Reply, ReplyQuerySet, Status
from chatrooms.replies.lifecycle import observe_first_token, usage_values
from chatrooms.replies.parts import clipped
from chatrooms.replies.publishing import publish_next_on_commit, tell_end
from config.observability import metrics
from gemini.tokens import estimate
from gemini.types import Usage

log = structlog.get_logger(__name__)


def stop(*, message_id: int) -> Reply:
    """Stop the current reply to a message, in a transaction of the caller that has locked the user's row.

    A reply that no worker generates has no text, and its unit is refunded at once.

    Raises:
        ReplyIsFinal: it has ended already.
    """
    reply: Reply = Reply.objects.get(answers_id=message_id, is_current=True)
    lease_until = Case(When(status=Status.GENERATING, then=Now() + settings.REPLY_LEASE), default=None)
    unfinished = Reply.objects.filter(pk=reply.pk).unfinished()
    if not unfinished.update(status=Status.STOPPED, lease_until=lease_until, is_parked=False, finished_at=Now()):
        raise ReplyIsFinal
    reply.refresh_from_db(fields=["attempt", "lease_until", "unit"])
    if reply.lease_until is None:
        quota.refund(unit_id=reply.unit_id)
    Chatroom.objects.filter(pk=reply.room_id).update(updated_at=Now())
    tell_end(reply, Status.STOPPED)
    publish_next_on_commit(reply.user_id)
    transaction.on_commit(metrics.replies.labels(Status.STOPPED.value, "").inc, robust=True)
    log.info("reply_stopped", reply_id=reply.pk, attempt=reply.attempt)
    return reply


def save_and_publish(reply: Reply) -> None:
    """Save the text of a stopped reply, and only then publish its end: who reads the end asks for the message next.

    Where Redis has no text of this attempt there was none yet, or Redis has lost it: then the worker saves it.
    """
    published = redis_stream.fence(reply_id=reply.pk, attempt=reply.attempt)
    if published is not None:
        keep_stopped(reply=reply, text=published)
    redis_stream.end(reply_id=reply.pk, attempt=reply.attempt, event=stream_entries.Event.STOPPED, data={})


def keep_stopped(*, reply: Reply, text: str) -> None:
    """Save what the stream of a stopped reply had published; without text the unit is refunded, and none is added."""
    with transaction.atomic():
        User.outdate_rooms(reply.user_id)
        kept = Reply.objects.unsettled().filter(pk=reply.pk, attempt=reply.attempt).update(content=text)
        if kept and not text:
            quota.refund_stopped(unit_id=reply.unit_id)


def settle(
    *,
    reply: Reply,
    text: str,
    model: str,
    usage: Usage,
    parts: list[dict[str, Any]] | None = None,
    first_token_ms: int | None = None,
) -> bool:
    """Save what the worker of a stopped reply had published and used; False if the reply was not stopped.

    If `keep_stopped` has saved a text, that one stays: nothing else was seen. A refunded unit means that nothing was.
    """
    stopped = Reply.objects.unsettled().filter(pk=reply.pk, attempt=reply.attempt)
    values = {"model": model, "parts": parts, "first_token_ms": first_token_ms, **usage_values(usage)}
    return _settle(reply.user_id, stopped, text=text, **values)


def settle_for_dead_worker(reply: Reply) -> None:
    """Estimate the tokens of a stopped reply whose worker died before it could report them."""
    stopped = Reply.objects.unsettled().filter(pk=reply.pk, attempt=reply.attempt, lease_until__lt=Now())
    _settle(reply.user_id, stopped, text="", output_tokens=estimate(reply.content), tokens_estimated=True)


def _settle(user_id: int, stopped: ReplyQuerySet, *, text: str, **values: Any) -> bool:
    with transaction.atomic():
        User.outdate_rooms(user_id)
        reply = stopped.select_for_update(no_key=True).first()
        if reply is None:
            return False
        published = reply.content or ("" if quota.is_refunded(unit_id=reply.unit_id) else text)
        values["parts"] = clipped(values.get("parts"), length=len(published))
        Reply.objects.filter(pk=reply.pk).update(content=published, lease_until=None, **values)
        if not published:
            quota.refund_stopped(unit_id=reply.unit_id)
        publish_next_on_commit(user_id)
    observe_first_token(values)
    # The stream may not have this end yet: Redis may have been unavailable when the user stopped the reply.
    redis_stream.end(reply_id=reply.pk, attempt=reply.attempt, event=stream_entries.Event.STOPPED, data={})
    return True
