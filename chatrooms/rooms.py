"""Creating, changing and deleting rooms, and the cached list of them."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import ApiKey, User
from billing.entitlements import tier_of
from chatrooms import redis_stream
from chatrooms.exceptions import ModelNotAllowed, RoomNotFound, TooManyRooms
from chatrooms.models import Chatroom, NameSource, Reply, RoomKind
from chatrooms.replies import publishing

LIST_SECONDS = 300

UNNAMED = "New chat"
"""The name of a room until the model or its user names it."""


def create(*, user_id: int, name: str = "", api_key: ApiKey | None = None, **fields: Any) -> Chatroom:
    """Create a room. Without a name it is called `UNNAMED` until the model has found a title.

    Raises:
        ModelNotAllowed: the user's tier, or the key, does not have the model.
        TooManyRooms: the user has `ROOMS_PER_USER` already. The user's lock makes the count exact.
    """
    with transaction.atomic():
        User.touch_rooms(user_id)
        _check_model(user_id, fields, api_key)
        if Chatroom.objects.listed().filter(user_id=user_id).count() >= settings.ROOMS_PER_USER:
            raise TooManyRooms
        name_source = NameSource.USER if name else NameSource.DEFAULT
        return Chatroom.objects.create(user_id=user_id, name=name or UNNAMED, name_source=name_source, **fields)


def create_hidden(*, user_id: int, kind: RoomKind) -> Chatroom:
    """Create the room behind a request in another API's dialect, in the transaction of the request.

    It is not counted: each costs a unit, and none is kept for ever (`chatrooms.hidden_rooms`).
    """
    User.touch_rooms(user_id)
    return Chatroom.objects.create(user_id=user_id, kind=kind, name=kind.value, name_source=NameSource.USER)


def change(*, user_id: int, room_id: int, api_key: ApiKey | None = None, **fields: Any) -> Chatroom:
    """Change the given fields of a room.

    Raises:
        RoomNotFound: it is not one of the user's.
        ModelNotAllowed: the user's tier, or the key, does not have the model.
    """
    if "name" in fields:
        fields["name_source"] = NameSource.USER
    with transaction.atomic():
        User.touch_rooms(user_id)
        mine = Chatroom.objects.listed().filter(pk=room_id, user_id=user_id)
        if fields and not mine.update(**fields, updated_at=Now()):
            raise RoomNotFound
        room = mine.first()
        if room is None:
            raise RoomNotFound
        _check_model(user_id, fields, api_key)
    return room


def _check_model(user_id: int, fields: dict[str, Any], api_key: ApiKey | None) -> None:
    if fields.get("model"):
        of_tier = tier_of(user_id=user_id).allowed_models
        allowed = api_key.allowed_models(of_tier) if api_key else of_tier
        if fields["model"] not in allowed:
            raise ModelNotAllowed(models=allowed)


def delete(*, user_id: int, room_id: int) -> None:
    """Delete a room with its messages.

    A reply that is being generated ends without a write, since its row is gone. Its call to the model continues until
    the worker notices, at its next check or chunk, and does not count among the user's parallel calls until then.

    Raises:
        RoomNotFound: it is not one of the user's.
    """
    with transaction.atomic():
        User.touch_rooms(user_id)
        unfinished = list(
            Reply.objects.filter(room_id=room_id, user_id=user_id).unfinished().values_list("pk", flat=True)
        )
        _, deleted = Chatroom.objects.listed().filter(pk=room_id, user_id=user_id).delete()
        if not deleted.get("chatrooms.Chatroom"):
            raise RoomNotFound
        transaction.on_commit(lambda: redis_stream.delete(unfinished), robust=True)
        publishing.publish_next_on_commit(user_id)


def _list_key(user: User, host: str) -> str:
    return f"rooms:{user.pk}:{user.rooms_version}:{host}"


def cached_list(user: User, *, host: str) -> dict[str, Any] | None:
    """The cached first page of the user's rooms; None if there is none, or if Redis is unavailable.

    The key has the version that was read with the request's session, so the page includes every change that the server
    had confirmed by then. `host` is the one in the links.
    """
    value: dict[str, Any] | None = cache.get(_list_key(user, host))
    return value


def cache_list(user: User, page: dict[str, Any], *, host: str) -> None:
    """Cache the first page of the user's rooms, which must have been read after `user` was."""
    cache.set(_list_key(user, host), page, LIST_SECONDS)
