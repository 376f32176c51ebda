"""What a user does with rooms, and the cached list of them."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from billing.entitlements import tier_of
from chatrooms import redis_stream
from chatrooms.exceptions import ModelNotAllowed, RoomNotFound, TooManyRooms
from chatrooms.models import Chatroom, NameSource, Reply
from chatrooms.replies import publishing

LIST_SECONDS = 300

UNNAMED = "New chat"
"""What a room is called until the model, or its user, names it."""


def create(*, user_id: int, name: str = "", **fields: Any) -> Chatroom:
    """Make a room. Without a name it is called `UNNAMED` until the model has found a title.

    Raises:
        ModelNotAllowed: the user's tier does not have the model.
        TooManyRooms: the user has `ROOMS_PER_USER` already; counted under the user's lock, so it is exact.
    """
    with transaction.atomic():
        User.touch_rooms(user_id)
        _check_model(user_id, fields)
        if Chatroom.objects.filter(user_id=user_id).count() >= settings.ROOMS_PER_USER:
            raise TooManyRooms
        name_source = NameSource.USER if name else NameSource.DEFAULT
        return Chatroom.objects.create(user_id=user_id, name=name or UNNAMED, name_source=name_source, **fields)


def change(*, user_id: int, room_id: int, **fields: Any) -> Chatroom:
    """Change what the caller sent of a room.

    Raises:
        RoomNotFound: it is not one of the user's.
        ModelNotAllowed: the user's tier does not have the model.
    """
    if "name" in fields:
        fields["name_source"] = NameSource.USER
    with transaction.atomic():
        User.touch_rooms(user_id)
        mine = Chatroom.objects.filter(pk=room_id, user_id=user_id)
        if fields and not mine.update(**fields, updated_at=Now()):
            raise RoomNotFound
        room = mine.first()
        if room is None:
            raise RoomNotFound
        _check_model(user_id, fields)
    return room


def _check_model(user_id: int, fields: dict[str, Any]) -> None:
    if fields.get("model"):
        allowed = tier_of(user_id=user_id).allowed_models
        if fields["model"] not in allowed:
            raise ModelNotAllowed(models=allowed)


def delete(*, user_id: int, room_id: int) -> None:
    """Delete a room with its messages.

    A reply being generated ends without writing, since its row is gone; its call to the model goes on until the worker
    notices (its next heartbeat and piece), and is not counted among the user's parallel ones meanwhile.

    Raises:
        RoomNotFound: it is not one of the user's.
    """
    with transaction.atomic():
        User.touch_rooms(user_id)
        told = list(Reply.objects.filter(room_id=room_id, user_id=user_id).unfinished().values_list("pk", flat=True))
        _, deleted = Chatroom.objects.filter(pk=room_id, user_id=user_id).delete()
        if not deleted.get("chatrooms.Chatroom"):
            raise RoomNotFound
        transaction.on_commit(lambda: redis_stream.delete(told), robust=True)
        publishing.publish_next_on_commit(user_id)


def _list_key(user: User, host: str) -> str:
    return f"rooms:{user.pk}:{user.rooms_version}:{host}"


def cached_list(user: User, *, host: str) -> dict[str, Any] | None:
    """The first page of the user's rooms as it was cached, or None (Redis away included).

    The version in the key was read with the request's session, after every change that had been answered by then; so
    what stands under it is never older than what the user has seen. `host` is the one that the links name.
    """
    value: dict[str, Any] | None = cache.get(_list_key(user, host))
    return value


def cache_list(user: User, page: dict[str, Any], *, host: str) -> None:
    """Keep the first page of the user's rooms, read after `user` was."""
    cache.set(_list_key(user, host), page, LIST_SECONDS)
