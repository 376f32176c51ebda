"""The client: the generated operations, and what a generator cannot make of them."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Self, TypeVar

import httpx

from kuvaka_client.core import AuthenticatedClient
from kuvaka_client.core.api.chatroom import send_message
from kuvaka_client.core.models import Message, MessageWithFilesRequest, Problem, StatusEnum
from kuvaka_client.core.types import UNSET
from kuvaka_client.events import Block, End, Event, Shown, blocks
from kuvaka_client.problems import Refused, TooManyRequests, Unavailable, refused
from kuvaka_client.transport import Bearer, Http, Repeating

T = TypeVar("T")

SILENCE: Final = 30.0
"""Seconds without a byte after which a stream is opened again: the server sends a comment every fifteen."""

UNTIL_POLLING: Final = 5.0
"""Seconds for which `wait` tries to stream before it asks again and again."""

POLL: Final = 20.0
"""Seconds for which the server may hold a request for the final reply."""

UNFINISHED: Final = (StatusEnum.QUEUED, StatusEnum.GENERATING)


def expect(result: T | Problem | None) -> T:
    """The result of a generated operation without the types that it never has here: a problem is raised."""
    assert result is not None
    assert not isinstance(result, Problem)
    return result


class Kuvaka:
    """A client for one API key or session. It may be used by many threads, and in a `with`, which closes it.

    Attributes:
        core: what the generated operations take as `client`; they sign in, are repeated and raise as all else here.
    """

    def __init__(
        self,
        base_url: str,
        credential: str,
        *,
        refresh: Callable[[], str] | None = None,
        timeout: float = 30.0,
        patience: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            base_url: where the API is, `https://chat.example.com` say.
            credential: an API key, or an access token.
            refresh: gets another access token when that one has expired.
            timeout: seconds for one attempt of a request to connect, and to send anything.
            patience: seconds after which a request is no longer repeated, and a stream no longer opened again.
            transport: for a proxy, say: `httpx.HTTPTransport(proxy=…)`.
        """
        self._timeout, self._patience = timeout, patience
        self._http = Http(
            base_url=base_url,
            auth=Bearer(credential, refresh),
            transport=Repeating(transport or httpx.HTTPTransport(), patience=patience),
            timeout=timeout,
            follow_redirects=True,
        )
        self.core = AuthenticatedClient(base_url=base_url, token="").set_httpx_client(self._http)

    def send(
        self,
        room_id: int,
        text: str,
        *,
        file_ids: Sequence[int] = (),
        key: str | None = None,
        timeout: float | None = None,
    ) -> Iterator[Event]:
        """Send a message, and stream the reply. `key` is the Idempotency-Key, if you repeat across programs."""
        body = MessageWithFilesRequest(content=text, file_ids=list(file_ids) or UNSET)
        sent = expect(send_message.sync(room_id, client=self.core, body=body, idempotency_key=key or UNSET))
        return self.stream(sent.id, timeout=timeout)

    def stream(self, message_id: int, *, timeout: float | None = None) -> Iterator[Event]:
        """The reply while it is written, each piece once, and at the end `End` with the message.

        A connection that breaks is opened again where it was.

        Raises:
            TimeoutError: the reply is not final after `timeout` seconds; it is written nevertheless.
            Refused: the reply may not be read, or the streams are unavailable for longer than the client's patience.
            httpx.TransportError: the server cannot be reached for as long.
        """
        return self._stream(message_id, _Deadline(timeout), self._patience)

    def wait(self, message_id: int, *, timeout: float | None = None) -> Message:
        """The message once its reply is final: by the stream, or by asking again where that is unavailable.

        Raises:
            TimeoutError, Refused, httpx.TransportError: as with `stream`.
        """
        deadline = _Deadline(timeout)
        try:
            for event in self._stream(message_id, deadline, min(self._patience, UNTIL_POLLING)):
                if isinstance(event, End):
                    return event.message
        except (httpx.TransportError, TooManyRequests, Unavailable):
            pass
        return self._final(message_id, deadline, Shown())

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stream(self, message_id: int, deadline: "_Deadline", patience: float) -> Iterator[Event]:
        shown, after, heard_at = Shown(), "", time.monotonic()
        while True:
            pause = 1.0
            lost: Exception
            try:
                for block in self._blocks(message_id, after, deadline, heard_at + patience - time.monotonic()):
                    pause = block.retry or pause
                    if block.ends_the_stream_only:
                        lost = _refused_by(block)
                        if block.data["final"]:
                            raise lost
                        break
                    after = block.id or after
                    yield from shown.take(block)
                    heard_at = time.monotonic()  # however long the program took for it
                    if block.ends_the_reply:
                        yield from shown.end(self._final(message_id, deadline, shown))
                        return
                else:
                    lost = refused(503, "stream_unavailable", detail="The stream ended before the reply.")
            except httpx.TransportError as error:
                lost = error
            except Refused as error:
                if error.code != "ticket_invalid":
                    raise
                lost = error
            if time.monotonic() - heard_at > patience:
                raise lost
            time.sleep(min(pause, deadline.left()))

    def _blocks(self, message_id: int, after: str, deadline: "_Deadline", patience: float) -> Iterator[Block]:
        """Open the stream after the event with the id `after`, and read what comes."""
        with self._http.stream(
            "GET",
            f"/message/{message_id}/stream",
            params={"after": after} if after else {},
            headers={"Accept": "text/event-stream"},
            timeout=httpx.Timeout(self._timeout, read=min(SILENCE, deadline.left())),
            extensions={"patience": min(patience, deadline.left())},
        ) as response:
            if response.status_code == httpx.codes.NO_CONTENT:  # the last event came before
                yield Block("done")
            yield from blocks(response.iter_bytes())

    def _final(self, message_id: int, deadline: "_Deadline", shown: Shown) -> Message:
        """Ask until the reply is final; a stopped one gets its text within seconds."""
        asked_for_text = 0
        while True:
            hold = round(min(POLL, self._timeout / 2, deadline.left()), 1)
            response = self._http.get(
                f"/message/{message_id}",
                params={"wait": hold},
                extensions={"patience": min(self._patience, deadline.left())},
            )
            message = Message.from_dict(response.json())
            if message.reply.status not in UNFINISHED:
                if not shown.is_ahead_of(message) or asked_for_text == 3:
                    return message
                asked_for_text += 1
            time.sleep(min(1.0, deadline.left()))


class _Deadline:
    def __init__(self, seconds: float | None) -> None:
        self._at = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until then.

        Raises:
            TimeoutError: it is over.
        """
        left = float("inf") if self._at is None else self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError("The reply is not final yet.")
        return left


def _refused_by(block: Block) -> Refused:
    """The exception for an event that ends the stream: the session has ended, the message is gone, or try again."""
    status = {"session_ended": 401, "not_found": 404}.get(block.data["code"], 503)
    return refused(status, block.data["code"], body=block.data, retry_after=block.retry)
