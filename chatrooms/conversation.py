"""What a user does in a room: one function per action, one transaction each, the task published on commit.

The user's row is the lock for all changes of that user. Locks are always taken in the order user (`User.touch_rooms`),
room, messages, so that two changes can wait for each other but never deadlock. Each action sees the result of the one
before: if two exclude each other, the second one fails with 409.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Func, Max, Value
from django.db.models.functions import Now

from accounts.models import ApiKey, User
from billing import budget, quota
from billing.entitlements import tier_of
from billing.models import LedgerEntry, Tier
from billing.quota import Unit
from chatrooms import key_models, new_messages
from chatrooms.attachments import attaching
from chatrooms.attachments.exceptions import FilesTooLong
from chatrooms.exceptions import (
    MessageNotFound,
    NotLastMessage,
    ReplyHasNotFailed,
    ReplyInProgress,
    TooManyWaiting,
)
from chatrooms.models import READABLE, Chatroom, Message, Reply, Revision, Role, RoomKind, Status, Summary
from chatrooms.replies import lifecycle, media, publishing, stopping
from chatrooms.replies.asked import Asked
from config.observability import metrics
from config.observability.logs import request_id

WAIT_HINT = timedelta(seconds=5)
"""`Retry-After` for a client with too many waiting replies: about the time that one reply takes."""

MAX_STALE = 20
"""Messages of a summary that may have changed since; the prompt has them word for word beside the summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An accepted message."""

    row: Mapping[str, Any]
    """One of `rows.message`."""
    unit: Unit

    @property
    def pk(self) -> int:
        return int(self.row["id"])


def send(
    *,
    user_id: int,
    room_id: int,
    content: str,
    file_ids: Sequence[int] = (),
    tier: Tier | None = None,
    api_key: ApiKey | None = None,
    asked: Asked | None = None,
    kind: RoomKind = RoomKind.CHAT,
) -> Sent:
    """Accept a message and queue the reply to it, together or not at all.

    A room's messages get their replies in the order of their ids, which is the order in which they were accepted: the
    ids are assigned under the user's lock.

    Args:
        user_id: who sends.
        room_id: the room.
        content: the text, validated.
        file_ids: the files to attach, in their order, each once.
        tier: the user's tier now, if it was read already.
        api_key: by which it is sent, if by one.
        asked: what this reply shall be, in place of what the room says.
        kind: of the room; one of another kind is not found.

    Raises:
        TooManyFiles: more than `Tier.files_per_message`.
        RoomNotFound: it is not one of the user's.
        FileUnavailable: a file is not the user's, or is attached already.
        FilesTooLong: the model would have to read more than the tier's context.
        TooManyWaiting: `Tier.waiting_replies` of the user's replies are unfinished.
        ServiceBudgetReached: the installation has used its tokens of today.
        TokenShareReached: the user has used their share of them.
        QuotaExceeded: the user has used today's units.
        ModelNotAllowed: the key may not use the room's model.
        KeyUnitsUsedUp, ApiKeyEnded: as `quota.consume` raises them.
    """
    tier = tier or tier_of(user_id=user_id)
    attaching.check_number(files=file_ids, most=tier.files_per_message)
    with transaction.atomic():
        User.touch_rooms(user_id)
        unfinished = new_messages.enter_room(user_id=user_id, room_id=room_id, kind=kind)
        key_models.check(api_key, room_id=room_id, tier=tier, model=asked.model if asked else "")
        _check_waiting(unfinished, tier)
        unit = quota.consume(user_id=user_id, tier=tier, kind=LedgerEntry.Kind.SEND, api_key=api_key)
        row = new_messages.insert(
            user_id=user_id, room_id=room_id, content=content, unit_id=unit.pk, request_id=request_id()
        )
        if file_ids:
            files = attaching.attach(user_id=user_id, message_id=row["id"], file_ids=file_ids)
            _check_length(files, tier)
            row = {**row, "files": files}
        if asked:
            Reply.objects.filter(pk=row["current__id"]).update(asked=asked.as_json())
        publishing.publish_on_commit(row["current__id"])
    return Sent(row=row, unit=unit)


def _check_length(files: Sequence[media.Shown], tier: Tier) -> None:
    """The history is cut to the tier's context, but never the message itself: so it has to fit."""
    tokens = media.tokens_of(files)
    if tokens > tier.context_tokens:
        raise FilesTooLong(
            f"They take about {tokens} tokens; your tier has {tier.context_tokens}.", limit=tier.context_tokens
        )


def stop(*, user_id: int, message_id: int) -> None:
    """Stop the reply to a message: it is `stopped` when this returns, with the text that was published until then.

    The call to the model ends when its worker notices: at its next chunk, or within a second.

    Raises:
        MessageNotFound: it is not one of the user's.
        ReplyIsFinal: the reply has ended already.
    """
    with transaction.atomic():
        User.touch_rooms(user_id)
        reply = stopping.stop(message_id=_mine(user_id, message_id).pk)
    stopping.save_and_publish(reply)


def retry(*, user_id: int, message_id: int, api_key: ApiKey | None = None) -> None:
    """Queue a failed reply again, at the cost of another unit.

    Raises:
        MessageNotFound: it is not one of the user's.
        ReplyInProgress: the room has an unfinished reply.
        ReplyHasNotFailed: the current reply has not failed.
        TooManyWaiting, QuotaExceeded, ModelNotAllowed and the other refusals of a charge: as `send` raises them.
    """
    with transaction.atomic():
        message = _message_to_change(user_id, message_id)
        unit_id = _charge(message, LedgerEntry.Kind.RETRY, api_key)
        _mark_in_summary(message)
        if not lifecycle.restart(message_id=message.pk, unit_id=unit_id, request_id=request_id()):
            raise ReplyHasNotFailed


def retry_at_our_cost(*, user_id: int, message_id: int) -> None:
    """Queue a failed reply again for an operator. It costs no unit: its own was refunded when it failed.

    Raises:
        SessionEnded: the account is being erased, or was erased.
        MessageNotFound, ReplyInProgress, ReplyHasNotFailed, TooManyWaiting, ServiceBudgetReached, TokenShareReached:
            as for `retry`.
    """
    with transaction.atomic():
        message = _message_to_change(user_id, message_id)
        tier = tier_of(user_id=user_id)
        _check_waiting(_unfinished(user_id), tier)
        budget.check(user_id=user_id, tier=tier)
        _mark_in_summary(message)
        if not lifecycle.restart(message_id=message.pk, unit_id=None, request_id=request_id()):
            raise ReplyHasNotFailed


def regenerate(*, user_id: int, message_id: int, api_key: ApiKey | None = None) -> None:
    """Queue a further reply to a message; the earlier ones stay readable, and the new one is the current one.

    Raises:
        MessageNotFound: it is not one of the user's.
        ReplyInProgress: the room has an unfinished reply.
        TooManyWaiting, QuotaExceeded, ModelNotAllowed and the other refusals of a charge: as `send` raises them.
    """
    with transaction.atomic():
        message = _message_to_change(user_id, message_id)
        unit_id = _charge(message, LedgerEntry.Kind.REGENERATE, api_key)
        _mark_in_summary(message)
        _queue_further_reply(message, unit_id)


def edit(*, user_id: int, message_id: int, content: str, api_key: ApiKey | None = None) -> None:
    """Change the last message of a room and queue a reply to the new text; the old text and its replies are kept.

    Raises:
        MessageNotFound: it is not one of the user's.
        ReplyInProgress: the room has an unfinished reply.
        NotLastMessage: others follow it.
        TooManyWaiting, QuotaExceeded, ModelNotAllowed and the other refusals of a charge: as `send` raises them.
    """
    with transaction.atomic():
        message = _message_to_change(user_id, message_id)
        if Message.objects.in_room(message.room_id).filter(pk__gt=message.pk).exists():
            raise NotLastMessage
        unit_id = _charge(message, LedgerEntry.Kind.EDIT, api_key)
        _mark_in_summary(message)
        _keep_revision(message)
        Message.objects.filter(pk=message.pk).update(content=content, edited_at=Now())
        _queue_further_reply(message, unit_id)


def delete_failed(*, user_id: int) -> int:
    """Delete failed replies, with their message unless it has an earlier reply; how many."""
    with transaction.atomic():
        User.touch_rooms(user_id)
        failed = Reply.objects.filter(user_id=user_id, is_current=True, status=Status.FAILED, room__kind=RoomKind.CHAT)
        ids = dict(failed.values_list("answers_id", "pk"))
        answered = Reply.objects.filter(answers_id__in=ids, revision=None, status__in=READABLE)
        earlier = dict(answered.values_list("answers_id").annotate(newest=Max("pk")))
        Reply.objects.filter(pk__in=[ids[message_id] for message_id in earlier]).delete()
        Reply.objects.filter(pk__in=earlier.values()).update(is_current=True)
        for message in Message.objects.filter(pk__in=earlier):  # a summary written since does not cover them
            _mark_in_summary(message)
        Message.objects.filter(pk__in=ids.keys() - earlier.keys()).delete()
    return len(ids)


def _mine(user_id: int, message_id: int) -> Message:
    message: Message | None = Message.objects.filter(user_id=user_id, role=Role.USER, pk=message_id).first()
    if message is None:
        raise MessageNotFound
    return message


def _message_to_change(user_id: int, message_id: int) -> Message:
    """Lock the user, and return the message, in whose room no reply may be unfinished."""
    User.touch_rooms(user_id)
    message = _mine(user_id, message_id)
    Chatroom.objects.filter(pk=message.room_id).update(updated_at=Now())
    if Reply.objects.filter(room_id=message.room_id).unfinished().exists():
        raise ReplyInProgress
    return message


def _charge(message: Message, kind: LedgerEntry.Kind, api_key: ApiKey | None) -> int:
    """Consume the unit of a reply, or raise why the user may not request one."""
    tier = tier_of(user_id=message.user_id)
    asked = Reply.objects.filter(answers=message, is_current=True).values_list("asked__model", flat=True).first()
    key_models.check(api_key, room_id=message.room_id, tier=tier, model=asked or "")
    _check_waiting(_unfinished(message.user_id), tier)
    return quota.consume(user_id=message.user_id, tier=tier, kind=kind, api_key=api_key).pk


def _unfinished(user_id: int) -> int:
    return int(Reply.objects.filter(user_id=user_id).unfinished().count())


def _check_waiting(unfinished: int, tier: Tier) -> None:
    """Raise if the user has too many waiting replies."""
    if unfinished >= tier.waiting_replies:
        metrics.quota_refusals.labels(TooManyWaiting.code).inc()
        raise TooManyWaiting(f"At most {tier.waiting_replies} at once.", retry_after=WAIT_HINT.total_seconds())


def _mark_in_summary(message: Message) -> None:
    """Mark the message as stale in the room's summary; a summary with too many of them is deleted."""
    covering = Summary.objects.filter(room_id=message.room_id, upto__gte=message.pk).exclude(
        stale__contains=[message.pk]
    )
    if covering.filter(stale__len__gte=MAX_STALE).delete()[0]:
        return
    covering.update(stale=Func(F("stale"), Value(message.pk), function="array_append"))


def _keep_revision(message: Message) -> None:
    written_at = message.edited_at or message.created_at
    revision = Revision.objects.create(message=message, content=message.content, written_at=written_at)
    Reply.objects.filter(answers=message, revision=None).update(revision=revision)


def _queue_further_reply(message: Message, unit_id: int) -> None:
    current = Reply.objects.filter(answers=message, is_current=True)
    asked = current.values_list("asked", flat=True).first()
    current.update(is_current=False)
    reply = Reply.objects.create(
        room_id=message.room_id,
        user_id=message.user_id,
        role=Role.ASSISTANT,
        answers=message,
        is_current=True,
        status=Status.QUEUED,
        unit_id=unit_id,
        next_attempt_at=Now(),
        publish_at=Now() + settings.REPLY_REPUBLISH_AFTER,
        request_id=request_id(),
        asked=asked,
    )
    publishing.publish_on_commit(reply.pk)
