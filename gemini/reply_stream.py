"""One streamed reply, within the limits that hold for every provider."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

import structlog

from config.text import shows_nothing
from gemini.as_sent import as_sent, second_try
from gemini.breakers import breaker_for_model, installation
from gemini.exceptions import (
    BadRequest,
    Blocked,
    Cancelled,
    ConnectionCut,
    MaxTokens,
    ProviderError,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderTimeout,
    ReplyTooLong,
)
from gemini.fallback import available_model, fallback_after_limit
from gemini.finish_reasons import finish_reason_of
from gemini.interrupts import Interrupt
from gemini.limits import MAX_TEXT
from gemini.provider import Config
from gemini.registry import provider_for
from gemini.sources import References
from gemini.storable import StorableChunks
from gemini.turns import well_formed
from gemini.types import UNKNOWN_USAGE, Chunk, FinishReason, PartKind, Piece, Prompt, Usage
from gemini.vendor_call import MAX_FINISH_REASON, VendorCall, total

log = structlog.get_logger(__name__)

SHOWN: Final = (PartKind.TEXT, PartKind.CODE, PartKind.CODE_RESULT)
"""Pieces after which a reply cannot begin again with another call. Thoughts alone are no reply."""


class ReplyStream:
    """One reply in progress: iterate over its chunks of text, or over all its `pieces`, and close it in any case.

    The connection opens with the first piece. Every failure is raised from the iteration as a `ProviderError`; the
    pieces before it are then no reply. After a normal end `finish_reason` is set. `usage`, `model` and `calls` hold
    what the vendor reported last, after a failure too.

    `cancel` ends it from another thread; the iteration then raises `Cancelled`.

    Attributes:
        calls: the requests to the vendor so far, oldest first; nearly always one.
        requested_model: the model of the prompt; `model` is the one that replies, as soon as `has_responded` is set.
        references: the sources that the vendor has named.
        search_suggestions: HTML that has to be shown with a reply that rests on a search.
    """

    def __init__(self, *, prompt: Prompt) -> None:
        self._interrupt = Interrupt()
        self.calls: list[VendorCall] = []
        self.requested_model = prompt.model
        self.references = References()
        self.search_suggestions = ""
        self._finish_reason: FinishReason | None = None
        self._has_shown = False
        self._pieces = self._stream(prompt)

    @property
    def finish_reason(self) -> FinishReason:
        """How the reply ended. Only after the iteration has ended normally."""
        if self._finish_reason is None:
            raise RuntimeError("The reply has not ended normally.")
        return self._finish_reason

    @property
    def vendor_finish_reason(self) -> str:
        """The vendor's own finish reason, in lower case; empty until the end."""
        return self.calls[-1].vendor_finish_reason[:MAX_FINISH_REASON].lower() if self.calls else ""

    @property
    def model(self) -> str:
        return self.calls[-1].model if self.calls else self.requested_model

    @property
    def response_id(self) -> str:
        """The vendor's name of the response."""
        return self.calls[-1].response_id if self.calls else ""

    @property
    def service_tier(self) -> str:
        """In which of its service tiers the vendor has replied, in lower case, if it says so."""
        return self.calls[-1].service_tier if self.calls else ""

    @property
    def has_responded(self) -> bool:
        return bool(self.calls) and self.calls[-1].has_responded

    @property
    def usage(self) -> Usage:
        """What the vendor has counted."""
        return total([call.usage for call in self.calls]) if self.calls else UNKNOWN_USAGE

    @property
    def spent(self) -> Usage:
        """What all calls cost, prompt and output set; see `VendorCall.spent`."""
        return total([call.spent for call in self.calls] or [Usage(prompt_tokens=0, output_tokens=0)])

    @property
    def dropped(self) -> dict[str, int]:
        """How many parts of each kind the vendor sent that cannot be kept."""
        kinds = [kind for call in self.calls for kind in call.dropped]
        return {kind: kinds.count(kind) for kind in sorted(set(kinds))}

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(piece.text for piece in self.pieces() if piece.kind is PartKind.TEXT)

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces of the text, of the thoughts if the prompt asked for them, and of code that was run.

        After a `RESTART` the pieces before it no longer count.
        """
        while (piece := self._next()) is not None:
            yield piece

    def _next(self) -> Piece | None:
        try:
            self._raise_if_cancelled()
            with self._interrupt.active_in_thread():
                piece = next(self._pieces, None)
        except ProviderError:
            self._raise_if_cancelled()
            raise
        self._raise_if_cancelled()
        return piece

    def _raise_if_cancelled(self) -> None:
        if self._interrupt.is_tripped:
            self.close()
            raise Cancelled

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def cancel(self) -> None:
        """End the call, from any thread, and return at once.

        Through google-genai the connection closes within milliseconds, also before the first byte; while it is being
        opened, within GEMINI_CONNECT_TIMEOUT. Through google-generativeai it closes with the next chunk, or after
        GEMINI_READ_TIMEOUT.
        """
        self._interrupt.trip()

    def close(self) -> None:
        """Close the connection at once. Harmless before the first chunk and after the last."""
        self._pieces.close()

    def _stream(self, prompt: Prompt) -> Generator[Piece]:
        """Yield the pieces of the reply, by as many calls as it takes: each cause for another one counts once."""
        config = Config.from_settings()
        deadline = time.monotonic() + config.total_timeout
        call: Prompt | None = replace(_with_valid_turns(prompt), model=available_model(prompt.model, config))
        causes: set[type[ProviderError]] = set()
        while call:
            wanted, call = call, None
            try:
                yield from self._stream_from_model(wanted, config, deadline=deadline)
            except ProviderError as error:
                if self._has_shown or type(error) in causes:
                    raise
                causes.add(type(error))
                call = self._another_call(wanted, error, config)
                if call is None:
                    raise
            if call:
                self.references, self.search_suggestions = References(), ""
                yield Piece(kind=PartKind.RESTART, text="")

    def _another_call(self, prompt: Prompt, error: ProviderError, config: Config) -> Prompt | None:
        if isinstance(error, ProviderQuotaExhausted | ProviderRateLimited):
            fallback = fallback_after_limit(prompt.model, config)
            return replace(prompt, model=fallback) if fallback else None
        if isinstance(error, MaxTokens) and not config.can_set_thinking:
            return None
        changed = second_try(prompt, error)
        if changed:
            parameter = error.parameter if isinstance(error, BadRequest) else ""
            log.warning("model_called_again", model=prompt.model, cause=error.code, without=parameter)
        return changed

    def _stream_from_model(self, prompt: Prompt, config: Config, *, deadline: float) -> Generator[Piece]:
        """Yield the pieces of the reply by the model that `prompt` names."""
        call = VendorCall(prompt=as_sent(prompt), interrupt=self._interrupt, model=prompt.model)
        self.calls.append(call)
        length, has_text = 0, False
        recording = breaker_for_model(prompt.model).record_outcome(has_fallback=bool(config.fallback_model))
        with installation.record_outcome(), recording, closing(_events(prompt=call.prompt, config=config)) as events:
            call.has_begun = True
            for piece in self._pieces_of(events, call, budget=prompt.max_output_tokens, deadline=deadline):
                length += len(piece.text)
                if length > MAX_TEXT:
                    raise ReplyTooLong(cause="length")
                call.count(piece)
                has_text = has_text or (piece.kind is PartKind.TEXT and not shows_nothing(piece.text))
                self._has_shown = self._has_shown or piece.kind in SHOWN
                yield piece
            self._finish_reason = finish_reason_of(
                vendor_finish_reason=call.vendor_finish_reason,
                has_text=has_text,
                has_other_parts=bool(call.dropped or call.code_count),
            )

    def _pieces_of(self, events: Iterator[Chunk], call: VendorCall, *, budget: int, deadline: float) -> Iterator[Piece]:
        """Yield the storable pieces of each event, and keep the rest of the event.

        The limit that was sent has room for thinking. If the model thinks less, `budget` ends the text: the tokens of
        visible text, as far as the vendor counts them while it replies.
        """
        chunks = {kind: StorableChunks() for kind in PartKind}
        for event in self._unless_cancelled(events, call):
            if time.monotonic() > deadline:
                raise ProviderTimeout(cause="deadline")
            call.read(event)
            self.references.read(event)
            self.search_suggestions = event.search_suggestions or self.search_suggestions
            if event.prompt_blocked:
                raise Blocked(cause="prompt_feedback")
            for piece in event.pieces:
                if text := chunks[piece.kind].read(piece.text):
                    yield Piece(kind=piece.kind, text=text)
            if call.visible_tokens > budget and not call.vendor_finish_reason:
                call.vendor_finish_reason = "MAX_TOKENS"
                break
        for kind, rest in chunks.items():
            if text := rest.flush():
                yield Piece(kind=kind, text=text)

    def _unless_cancelled(self, events: Iterator[Chunk], call: VendorCall) -> Iterator[Chunk]:
        """Yield the events. A connection that we have cut ourselves must not count against the model.

        Nor must anything odd behind the finish reason: the reply is whole.
        """
        try:
            yield from events
        except (ConnectionCut, ProviderTimeout):
            if self._interrupt.is_tripped:
                raise Cancelled from None
            if not call.vendor_finish_reason:
                raise


def _with_valid_turns(prompt: Prompt) -> Prompt:
    turns = well_formed(turns=prompt.turns)
    if not turns:
        raise BadRequest(cause="no_user_turn")
    return replace(prompt, turns=turns)


def _events(*, prompt: Prompt, config: Config) -> Generator[Chunk]:
    """Yield the provider's events; raise its failures as ours."""
    provider = provider_for(config)
    failure: ProviderError | None = None
    try:
        yield from provider.stream(prompt)
    except ProviderError as error:
        failure = error
    except Exception as error:  # noqa: BLE001  # an SDK may raise anything over what a server sends
        failure = provider.classify(error)
    # Raised outside of the except, the failure neither shows the SDK's error, whose text may hold the prompt, nor keeps
    # its frames alive, which hold the connection.
    if failure:
        raise failure
