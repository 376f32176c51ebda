"""The live copy of a reply: one Redis stream each, written by the worker, read by the process `stream`.

The last entry of an attempt has the number `LAST_NUMBER`, so Redis refuses whatever would follow the end of a reply, a
stopped one too. The database is the truth; what is lost here costs speed only. Each entry is also published on the
channel of the stream's name, in the same step, for the clients that are connected.
"""

import json
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

from chatrooms.stream_entries import (
    DISCARD_NUMBER,
    END_EVENTS,
    FENCE,
    FENCE_NUMBER,
    LAST_NUMBER,
    PART_EVENTS,
    EntryId,
    Event,
    parse_entries,
    stream_key,
    text_of,
)
from config.infrastructure.circuit_breaker import GuardedRedis

log = structlog.get_logger(__name__)

LIVE_SECONDS: Final = 3600
"""How long a stream lives after its last entry while the reply is not final: longer than any reply takes."""

ENDED_SECONDS: Final = 600
"""How long a stream lives after the end, for clients that reconnect; later ones are served from the database."""

REPUBLISH_SECONDS: Final = 0.5
"""Between two attempts to publish the whole text after Redis was unavailable: each asks the database first."""

APPEND: Final = """
if ARGV[5] == '' and redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('XADD', KEYS[1], ARGV[1], 'event', ARGV[2], 'data', ARGV[3])
if ARGV[2] == 'start' then redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1]) end
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', KEYS[1], ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
return 1
"""
"""Add an entry and publish it, or neither: an id that Redis refuses ends the script. A start drops all earlier entries.
A delta or a part is added to an existing stream only, so that a lost beginning is noticed."""


class Fenced(Exception):
    """The reply no longer belongs to this attempt: it was stopped, or another worker has it."""


@cache
def _redis() -> redis.Redis:
    """This process's client: no retries and short timeouts, since the reply goes on without Redis."""
    client: redis.Redis = GuardedRedis.from_url(
        settings.REDIS_URL,
        socket_timeout=1,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    return client


def _append(*, reply_id: int, entry: EntryId, event: str, data: dict[str, Any]) -> bool:
    """Add an entry, of an `Event` or `FENCE`; False for a delta or a part whose stream no longer exists.

    Raises:
        Fenced: the stream has an entry of a later attempt, or the end of this one.
        redis.RedisError: Redis is unavailable or refuses writes.
    """
    seconds = ENDED_SECONDS if event in END_EVENTS else LIVE_SECONDS
    creates_stream = "" if event == Event.DELTA or event in PART_EVENTS else "1"
    arguments: list[str | int] = [str(entry), str(event), json.dumps(data, ensure_ascii=False), seconds, creates_stream]
    try:
        return bool(_append_script()(keys=[stream_key(reply_id)], args=arguments))
    except redis.ResponseError as error:
        if "equal or smaller" in str(error):
            raise Fenced from None
        raise


@cache
def _append_script() -> Script:
    return _redis().register_script(APPEND)


class StreamWriter:
    """Publishes and keeps what one attempt produces, chunk by chunk.

    While Redis is unavailable nothing is published. Once it is back, the writer publishes a new start and the whole
    text so far; it does the same if Redis has lost the stream.

    Args:
        reply_id: whose stream it is.
        attempt: the claim under which the worker generates.
        is_held: asks the database whether the reply still belongs to this attempt; Redis alone is not believed.

    Attributes:
        first_at: when the first chunk came, by `time.monotonic`; None until then.
    """

    def __init__(self, *, reply_id: int, attempt: int, is_held: Callable[[], bool]) -> None:
        self._reply_id, self._attempt, self._is_held = reply_id, attempt, is_held
        self._number = 0
        self._chunks: list[str] = []
        self._length = 0
        self._parts: list[tuple[Event, dict[str, Any]]] = []
        self._published_count = 0
        self._is_up_to_date = False  # Redis has the whole text so far
        self._republish_at = 0.0
        self.first_at: float | None = None

    @property
    def text(self) -> str:
        """All chunks so far."""
        return "".join(self._chunks)

    @property
    def length(self) -> int:
        """Characters so far."""
        return self._length

    @property
    def published(self) -> str:
        """The chunks up to the last one that Redis has confirmed: those that clients can have read."""
        return "".join(self._chunks[: self._published_count])

    def start(self) -> None:
        """Publish that this attempt begins; the text of an earlier one no longer counts."""
        self._publish(self._publish_everything)

    def restart(self) -> None:
        """Drop the parts so far, and publish that the reply begins again. There is no text yet."""
        self._parts.clear()
        self._publish(self._publish_everything)

    def add(self, chunk: str) -> None:
        """Publish and keep one chunk.

        Raises:
            Fenced: the reply no longer belongs to this attempt; the chunk was neither published nor kept.
        """
        self._publish(lambda: self._publish_chunk(chunk))
        self.first_at = self.first_at or time.monotonic()
        self._chunks.append(chunk)
        self._length += len(chunk)
        if self._is_up_to_date:
            self._published_count = len(self._chunks)

    def add_part(self, event: Event, **data: Any) -> None:
        """Publish what the reply holds besides its text.

        Raises:
            Fenced: as `add` does.
        """
        self._publish(lambda: self._is_up_to_date and self._append(event, offset=self._length, **data))
        self.first_at = self.first_at or time.monotonic()
        self._parts.append((event, data))

    def _publish(self, publish: Callable[[], bool]) -> None:
        try:
            self._is_up_to_date = publish()
        except Fenced:
            if not self._is_held():
                raise
            # A stream that an earlier database has left under this id.
            self._is_up_to_date = False
            delete([self._reply_id])
        except redis.RedisError:
            self._is_up_to_date = False

    def _publish_chunk(self, chunk: str) -> bool:
        if self._is_up_to_date and self._append(Event.DELTA, text=chunk, offset=self._length):
            return True
        if not self._is_up_to_date and time.monotonic() < self._republish_at:
            return False
        self._republish_at = time.monotonic() + REPUBLISH_SECONDS
        if not self._is_held():  # the stream was deleted with its room, not lost by Redis
            raise Fenced
        return self._publish_everything(chunk)

    def _publish_everything(self, chunk: str = "") -> bool:
        self._append(Event.START, attempt=self._attempt)
        for event, data in self._parts:
            self._append(event, offset=0, **data)
        text = self.text + chunk
        return not text or self._append(Event.DELTA, text=text, offset=0)

    def _append(self, event: Event, **data: Any) -> bool:
        self._number += 1
        entry_id = EntryId(self._attempt, self._number)
        return _append(reply_id=self._reply_id, entry=entry_id, event=event, data=data)


def end(*, reply_id: int, attempt: int, event: Event, data: dict[str, Any]) -> None:
    """Publish the end of a reply, once the database has it; while Redis is unavailable, clients find it there."""
    try:
        _append(reply_id=reply_id, entry=EntryId(attempt, LAST_NUMBER), event=event, data=data)
    except (Fenced, redis.RedisError) as error:
        log.info("stream_end_not_published", reply_id=reply_id, cause=type(error).__name__)


def discard(*, reply_id: int, attempt: int, retry: str = "") -> None:
    """Publish that the text of an attempt no longer counts, since it gave up; Redis then refuses a late writer.

    `retry` is why the reply is attempted again, for its user.
    """
    entry_id = EntryId(attempt, DISCARD_NUMBER)
    try:
        data = {"attempt": attempt} | ({"retry": retry} if retry else {})
        _append(reply_id=reply_id, entry=entry_id, event=Event.START, data=data)
    except (Fenced, redis.RedisError) as error:
        log.info("stream_discard_not_published", reply_id=reply_id, cause=type(error).__name__)


def fence(*, reply_id: int, attempt: int) -> str | None:
    """Let nothing but the end follow the text of a stopped reply that is published by now. Clients do not see it.

    Returns:
        That text, which becomes the reply; None if Redis does not have it (the worker does).
    """
    try:
        _append(reply_id=reply_id, entry=EntryId(attempt, FENCE_NUMBER), event=FENCE, data={})
        found = _redis().xrange(stream_key(reply_id), min=f"{attempt}-0")
    except (Fenced, redis.RedisError) as error:
        log.info("stream_not_fenced", reply_id=reply_id, cause=type(error).__name__)
        return None
    return text_of(parse_entries(found))


def delete(reply_ids: Iterable[int]) -> None:
    """Delete the streams of these replies; while Redis is unavailable they expire after `LIVE_SECONDS`."""
    keys = [stream_key(reply_id) for reply_id in reply_ids]
    try:
        if keys:
            _redis().delete(*keys)
    except redis.RedisError as error:
        log.info("streams_not_deleted", cause=type(error).__name__)
