"""Replies in the wire format of other APIs. A dialect is one small module that makes bytes of a reply's entries.

A dialect's module registers it in `ChatroomsConfig.ready`; nothing here imports one.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.http import HttpResponse

from chatrooms.models import Reply
from chatrooms.stream_entries import Entry
from config.http.problems import Problem, render


class Dialect(ABC):
    """How one client is sent one reply.

    A streamed reply is `begin`, each entry, and `end`. Entries come in order and without a gap; after a gap all of them
    come again, from a start. What `end` is given is the row of the database, so that it decides what the text is,
    however much of it the entries have brought. A reply that is not streamed is `whole` alone.

    Args:
        reply: as it was when the client connected.
        options: those of the ticket.
    """

    content_type: ClassVar[str] = "text/event-stream; charset=utf-8"
    ping: ClassVar[bytes] = b": ping\n\n"
    """Sent when nothing else was for a while."""

    def __init__(self, *, reply: Reply, options: Mapping[str, Any]) -> None:
        self.reply, self.options = reply, options

    @property
    def is_streamed(self) -> bool:
        """Whether the client wants the reply while it is written."""
        return bool(self.options.get("stream"))

    def headers(self) -> Mapping[str, str]:
        """Further headers of a streamed response."""
        return {}

    @abstractmethod
    def begin(self) -> bytes:
        """What opens the stream."""

    @abstractmethod
    def add(self, entry: Entry) -> bytes:
        """What an entry adds: a start, a delta or a part; never an end."""

    @abstractmethod
    def end(self, reply: Reply) -> bytes:
        """What is left to send of a reply that has ended."""

    @abstractmethod
    def broken_off(self, problem: Problem) -> bytes:
        """What ends a stream whose reply has not ended: it goes on without this client."""

    @abstractmethod
    def whole(self, reply: Reply) -> HttpResponse:
        """The response for a reply that has ended, if it is not streamed."""

    @classmethod
    def refusal(cls, problem: Problem) -> HttpResponse:
        """The response for a problem before anything was sent."""
        return render(problem)


_dialects: Final[dict[str, type[Dialect]]] = {}


def register(name: str, dialect: type[Dialect]) -> None:
    """Let tickets name a dialect."""
    _dialects[name] = dialect


def dialect_of(name: str) -> type[Dialect]:
    """Return a registered dialect.

    Raises:
        KeyError: there is none of this name: the ticket is from a later version.
    """
    return _dialects[name]
