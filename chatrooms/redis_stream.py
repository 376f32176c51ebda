"""The live copy of a reply: one Redis stream each, written by the worker, read by the process `stream`.

An entry's id is `<attempt>-<n>`, so Redis itself refuses the late writer of an attempt that another has replaced. The
last entry of an attempt stands at `LAST`, which fences too: once a reply was stopped, nothing follows. The database is
the truth; whatever is lost here costs speed alone. Each entry goes out on the channel of the stream's name as well, in
the same step, for those who follow.
"""

import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final, Self

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

from config.infrastructure.circuit_breaker import GuardedRedis

log = structlog.get_logger(__name__)

LAST: Final = 10**9
"""The place of an attempt's last entry; an answer has at most 16 Mi pieces, since each is a byte on the wire."""

LIVE_SECONDS: Final = 3600
"""How long a stream lives after its last entry while the reply is not final: longer than any reply takes."""

ENDED_SECONDS: Final = 600
"""How long it lives after the end, for those who lost their connection; later ones are served from the database."""

TELL_AGAIN: Final = 0.5
"""Seconds between two tries to tell everything anew, after Redis was away: each asks the database first."""

ENTRY_ID: Final = re.compile(r"(\d{1,10})-(\d{1,10})")


class Event(StrEnum):
    """What an entry tells. `START` means: drop what you have, here comes all of it."""

    START = "start"
    DELTA = "delta"
    DONE = "done"
    ERROR = "error"
    STOPPED = "stopped"


ENDS: Final = frozenset({Event.DONE, Event.ERROR, Event.STOPPED})


@dataclass(frozen=True, slots=True, order=True)
class EntryId:
    """The place of an entry; ids of a stream only rise."""

    attempt: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read `<attempt>-<n>`; None if it is anything else."""
        match = ENTRY_ID.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.attempt}-{self.number}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a stream. A delta's `offset` counts the characters before it, since the last start."""

    id: EntryId
    event: Event
    data: dict[str, Any]

    @property
    def text(self) -> str:
        """What a delta adds."""
        return str(self.data.get("text", ""))

    @property
    def offset(self) -> int:
        """Where a delta begins."""
        return int(self.data.get("offset", 0))


class Fenced(Exception):
    """The reply is not this attempt's any more: it was stopped, or another worker has it."""


def key_of(reply_id: int) -> str:
    """Return the name of a reply's stream, and of its channel."""
    return f"live:{reply_id}"


def entry_of(entry_id: str, event: str, data: str) -> Entry:
    """Read an entry as Redis has it.

    Raises:
        ValueError: it is none of ours.
    """
    place = EntryId.parse(entry_id)
    if place is None:
        raise ValueError(entry_id)
    return Entry(place, Event(event), json.loads(data))


def entries_of(found: Any) -> list[Entry]:
    """Read what XRANGE gives (with `decode_responses`)."""
    return [entry_of(entry_id, fields["event"], fields["data"]) for entry_id, fields in found]


def entry_of_message(message: str) -> Entry:
    """Read an entry as the channel has it: id, event and data with a blank between them."""
    entry_id, event, data = message.split(" ", 2)
    return entry_of(entry_id, event, data)


def text_of(entries: Iterable[Entry]) -> str | None:
    """Join what was said since the last start; None if a part is missing, or nothing ever started."""
    said: str | None = None
    for entry in entries:
        if entry.event is Event.START:
            said = ""
        elif entry.event is Event.DELTA:
            said = said + entry.text if said is not None and entry.offset == len(said) else None
    return said


APPEND: Final = """
if ARGV[5] == '' and redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('XADD', KEYS[1], ARGV[1], 'event', ARGV[2], 'data', ARGV[3])
if ARGV[2] == 'start' then redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1]) end
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', KEYS[1], ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
return 1
"""
"""Add an entry and tell its followers, or neither: an id that is refused ends the script. A start drops what stood
before it. Anything but a start or an end wants the stream to be there, so that a lost beginning is noticed."""


@cache
def _redis() -> redis.Redis:
    """This process's client. Redis is asked once and not for long: the answer goes on without it."""
    client: redis.Redis = GuardedRedis.from_url(
        settings.REDIS_URL,
        socket_timeout=1,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    return client


def _append(*, reply_id: int, entry: EntryId, event: Event, data: dict[str, Any]) -> bool:
    """Add an entry; False if the stream that it belongs to is not there any more.

    Raises:
        Fenced: a later attempt, or the end of this one, is in the stream.
        redis.RedisError: Redis is away or takes nothing.
    """
    seconds = ENDED_SECONDS if event in ENDS else LIVE_SECONDS
    begins = "1" if event is not Event.DELTA else ""
    arguments = [str(entry), event.value, json.dumps(data, ensure_ascii=False), seconds, begins]
    try:
        return bool(_append_script()(keys=[key_of(reply_id)], args=arguments))
    except redis.ResponseError as error:
        if "equal or smaller" in str(error):
            raise Fenced from None
        raise


@cache
def _append_script() -> Script:
    return _redis().register_script(APPEND)


class Writer:
    """Tells what one attempt produces, piece by piece, and keeps it.

    While Redis is away nothing is told; when it is back, a new start and the whole text so far are, and so they are if
    Redis came back empty.

    Args:
        reply_id: whose stream it is.
        attempt: the claim under which the caller generates.
        is_held: asks the database whether the reply is still this attempt's; Redis alone is not believed.

    Attributes:
        first_at: when the first piece came, by `time.monotonic`; None until then.
    """

    def __init__(self, *, reply_id: int, attempt: int, is_held: Callable[[], bool]) -> None:
        self._reply_id, self._attempt, self._is_held = reply_id, attempt, is_held
        self._number = 0
        self._pieces: list[str] = []
        self._length = 0
        self._told = 0
        self._is_told = False
        self._again_at = 0.0
        self.first_at: float | None = None

    @property
    def text(self) -> str:
        """All pieces so far."""
        return "".join(self._pieces)

    @property
    def told(self) -> str:
        """The pieces up to the last one that Redis has confirmed: those that are sure to have been there to read."""
        return "".join(self._pieces[: self._told])

    def start(self) -> None:
        """Tell that this attempt begins; what an earlier one said does not count any more."""
        self._tell(self._tell_all)

    def add(self, piece: str) -> None:
        """Tell one piece.

        Raises:
            Fenced: the reply is not this attempt's any more; the piece was neither told nor kept.
        """
        self._tell(lambda: self._tell_piece(piece))
        self.first_at = self.first_at or time.monotonic()
        self._pieces.append(piece)
        self._length += len(piece)
        if self._is_told:
            self._told = len(self._pieces)

    def _tell(self, what: Callable[[], bool]) -> None:
        try:
            self._is_told = what()
        except Fenced:
            if not self._is_held():
                raise
            # A stream that an earlier database has left under this id.
            self._is_told = False
            forget([self._reply_id])
        except redis.RedisError:
            self._is_told = False

    def _tell_piece(self, piece: str) -> bool:
        if self._is_told and self._append(Event.DELTA, text=piece, offset=self._length):
            return True
        if not self._is_told and time.monotonic() < self._again_at:
            return False
        self._again_at = time.monotonic() + TELL_AGAIN
        if not self._is_held():  # the stream is gone with its room, not with Redis
            raise Fenced
        return self._tell_all(piece)

    def _tell_all(self, piece: str = "") -> bool:
        self._append(Event.START, attempt=self._attempt)
        text = self.text + piece
        return not text or self._append(Event.DELTA, text=text, offset=0)

    def _append(self, event: Event, **data: Any) -> bool:
        self._number += 1
        place = EntryId(self._attempt, self._number)
        return _append(reply_id=self._reply_id, entry=place, event=event, data=data)


def end(*, reply_id: int, attempt: int, event: Event, data: dict[str, Any]) -> None:
    """Tell that a reply has ended, after the database has it; while Redis is away, readers find it there."""
    try:
        _append(reply_id=reply_id, entry=EntryId(attempt, LAST), event=event, data=data)
    except (Fenced, redis.RedisError) as error:
        log.info("end_not_told", reply_id=reply_id, cause=type(error).__name__)


def drop(*, reply_id: int, attempt: int) -> None:
    """Tell that what an attempt said does not count, since it gave up; its late writer, if there is one, is refused."""
    try:
        _append(reply_id=reply_id, entry=EntryId(attempt, LAST - 1), event=Event.START, data={"attempt": attempt})
    except (Fenced, redis.RedisError) as error:
        log.info("drop_not_told", reply_id=reply_id, cause=type(error).__name__)


def stop(*, reply_id: int, attempt: int) -> str | None:
    """Fence a reply that was stopped: nothing follows what was told until now.

    Returns:
        That text, which is the answer; None if Redis does not know it (the worker does).
    """
    try:
        _append(reply_id=reply_id, entry=EntryId(attempt, LAST), event=Event.STOPPED, data={})
        found = _redis().xrange(key_of(reply_id), min=f"{attempt}-0")
    except (Fenced, redis.RedisError) as error:
        log.info("stop_not_told", reply_id=reply_id, cause=type(error).__name__)
        return None
    return text_of(entries_of(found))


def forget(reply_ids: Iterable[int]) -> None:
    """Drop the streams of these replies; while Redis is away they end by themselves, `LIVE_SECONDS` later."""
    keys = [key_of(reply_id) for reply_id in reply_ids]
    try:
        if keys:
            _redis().delete(*keys)
    except redis.RedisError as error:
        log.info("streams_not_forgotten", cause=type(error).__name__)
