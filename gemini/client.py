"""The boundary to Gemini: one streamed call, the same for every implementation."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from config.text import shows_nothing
from gemini.breakers import breaker_for_model
from gemini.exceptions import (
    BadRequest,
    Blocked,
    BrokenReply,
    Cancelled,
    ConnectionCut,
    EmptyReply,
    MaxTokens,
    ProviderError,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
    ReplyTooLong,
)
from gemini.interrupts import Interrupt
from gemini.limits import MAX_TEXT
from gemini.provider import Config
from gemini.registry import provider_for
from gemini.storable import StorableChunks, storable
from gemini.tokens import TURN_OVERHEAD, estimate
from gemini.turns import well_formed
from gemini.types import Chunk, FinishReason, Prompt, Usage

MAX_MODEL_NAME = 80
"""Characters kept of what the vendor says that the model is called."""

MAX_VENDOR_END: Final = 40
"""Characters kept of what it says of how an answer ended."""

UNKNOWN_USAGE = Usage(prompt_tokens=None, output_tokens=None)

# Ends that mean the answer is not whole, rather than withheld; the same prompt may work the next time.
BROKEN_ENDS = {"CONTINUATION", "MALFORMED_RESPONSE", "MALFORMED_FUNCTION_CALL"}


class ReplyStream:
    """One call under way: iterate over its pieces of text, and close it whatever happens.

    The connection opens at the first piece, and every failure is raised from the iteration as a `ProviderError`; the
    pieces so far are then no answer. After a normal end `finish_reason` is set. `usage` and `model` hold what was last
    said at any time, after a failure too. `wanted` is the model that was asked for; `model` is the one that answers as
    soon as `has_answered` is set.

    `cancel` ends it from another thread; the iteration then raises `Cancelled`.
    """

    def __init__(self, *, prompt: Prompt) -> None:
        self._interrupt = Interrupt()
        self._has_begun = False
        self.usage = UNKNOWN_USAGE
        self.model = self.wanted = prompt.model
        self.has_answered = False
        self._finish_reason: FinishReason | None = None
        self._vendor_end = ""
        self._prompt = prompt
        self._received = 0
        self._pieces = self._checked(prompt)

    @property
    def finish_reason(self) -> FinishReason:
        """How the answer ended. Only after the iteration has ended normally."""
        if self._finish_reason is None:
            raise RuntimeError("The answer has not ended normally.")
        return self._finish_reason

    @property
    def vendor_end(self) -> str:
        """The vendor's own word for how the answer ended, in lower case; empty until then."""
        return self._vendor_end[:MAX_VENDOR_END].lower()

    @property
    def spent(self) -> Usage:
        """What the call cost, both counts set: the vendor's, or an estimate for a call that was cut off while it spoke.

        A call that failed and brought neither text nor counts is taken to have cost nothing; one that was cancelled
        while the vendor worked on it, the prompt. The vendor may count the answer with its last event alone; until then
        the 0 is no count of the text that has come.
        """
        prompt, output = self.usage.prompt_tokens, self.usage.output_tokens
        if self._received and self._finish_reason is None:
            output = output or None
        if not self._received and not (self._interrupt.tripped and self._has_begun):
            return Usage(prompt_tokens=prompt or 0, output_tokens=output or 0)
        return Usage(
            prompt_tokens=_estimate(self._prompt) if prompt is None else prompt,
            output_tokens=self._received if output is None else output,
            estimated=prompt is None or output is None,
        )

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            self._check()
            with self._interrupt.around():
                piece = next(self._pieces)
        except ProviderError:
            self._check()
            raise
        self._check()
        return piece

    def _check(self) -> None:
        if self._interrupt.tripped:
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

        Through google-genai the connection closes within milliseconds, also while nothing has come yet; while it is
        being made, GEMINI_CONNECT_TIMEOUT is the bound. Through google-generativeai it closes with the next piece, or
        when GEMINI_READ_TIMEOUT is over.
        """
        self._interrupt.trip()

    def close(self) -> None:
        """Close the connection at once. Harmless after the end and before the beginning."""
        self._pieces.close()

    def _checked(self, prompt: Prompt) -> Generator[str]:
        """Yield the text of the answer, within the limits that hold for every provider."""
        config = Config.from_settings()
        prompt = replace(_acceptable(prompt), model=_available(prompt.model, config))
        deadline = time.monotonic() + config.total_timeout
        other = None
        try:
            yield from self._asked(prompt, config, deadline=deadline)
        except (ProviderQuotaExhausted, ProviderRateLimited):
            other = _instead_of(prompt.model, config)
            if other is None or self._received:
                raise
        if other:  # out here, so that the refusal does not stay alive with what comes now
            yield from self._asked(replace(prompt, model=other), config, deadline=deadline)

    def _asked(self, prompt: Prompt, config: Config, *, deadline: float) -> Generator[str]:
        """Yield the text of the answer by the model that `prompt` names."""
        if self._interrupt.tripped:
            raise Cancelled
        self.model = prompt.model
        self._has_begun = True
        length, shows_something = 0, False
        watching = breaker_for_model(prompt.model).watching(has_fallback=bool(config.fallback_model))
        with watching, closing(_events(prompt=prompt, config=config)) as events:
            for text in self._texts(events, deadline=deadline):
                length += len(text)
                if length > MAX_TEXT:
                    raise ReplyTooLong(cause="length")
                if text:
                    self._received += estimate(text)
                    shows_something = shows_something or not shows_nothing(text)
                    yield text
            self._finish_reason = _end(vendor_end=self._vendor_end, has_text=shows_something)

    def _texts(self, events: Iterator[Chunk], *, deadline: float) -> Iterator[str]:
        """Yield what can be told of each event, and note the rest of it."""
        chunks = StorableChunks()
        for chunk in self._unless_cancelled(events):
            if time.monotonic() > deadline:
                raise ProviderTimeout(cause="deadline")
            self._note(chunk)
            yield chunks.read(chunk.text)
        yield chunks.flush()

    def _unless_cancelled(self, events: Iterator[Chunk]) -> Iterator[Chunk]:
        """The events; a connection that we have cut ourselves says nothing about the model."""
        try:
            yield from events
        except (ConnectionCut, ProviderTimeout):
            if self._interrupt.tripped:
                raise Cancelled from None
            raise

    def _note(self, chunk: Chunk) -> None:
        self.has_answered = True
        self.usage = _plausible(chunk.usage) if chunk.usage else self.usage
        self.model = storable(chunk.model)[:MAX_MODEL_NAME] or self.model
        self._vendor_end = chunk.finish_reason or self._vendor_end
        if chunk.prompt_blocked:
            raise Blocked(cause="prompt_feedback")


def stream_reply(prompt: Prompt) -> ReplyStream:
    """Ask Gemini (or what the setting GEMINI_CLIENT names) to answer `prompt`, once, without retries.

    Raises nothing itself; iterating over the result raises `gemini.exceptions.ProviderError`.
    """
    return ReplyStream(prompt=prompt)


def check_model(model: str, *, max_wait: float = 10) -> None:
    """Ask the vendor whether the key and the model are valid, by one call that costs no tokens.

    With the stand-in every model is valid.

    Args:
        model: the model's name.
        max_wait: seconds.

    Raises:
        ProviderAuth: the key is not valid.
        ModelNotFound: there is no such model.
        ProviderError: the check itself failed.
    """
    config = Config.from_settings()
    config = replace(
        config,
        connect_timeout=min(config.connect_timeout, max_wait),
        read_timeout=min(config.read_timeout, max_wait),
        total_timeout=max_wait,
    )
    provider = provider_for(config)
    failure: ProviderError | None = None
    try:
        provider.check_model(model)
    except ProviderError as error:
        failure = error
    except Exception as error:  # noqa: BLE001  # as in `_events`
        failure = provider.classify(error)
    if failure:
        raise failure


def prepare() -> None:
    """Import the chosen SDK and build its client now, so that the first of many calls at once need not wait for it.

    It takes one to two seconds of CPU. Without it the first call does the same.
    """
    provider_for(Config.from_settings())


def _estimate(prompt: Prompt) -> int:
    return estimate(prompt.system_instruction) + sum(estimate(turn.text) + TURN_OVERHEAD for turn in prompt.turns)


def _plausible(usage: Usage) -> Usage:
    """Drop counts that cannot be: a vendor may send anything, and they are stored as 32-bit integers."""
    counts = (usage.prompt_tokens, usage.output_tokens)
    prompt, output = (count if count is not None and 0 <= count < 2**31 else None for count in counts)
    return Usage(prompt_tokens=prompt, output_tokens=output)


def _available(model: str, config: Config) -> str:
    """Return the model to ask: the one that is wanted, or the fallback while that is left alone.

    Raises:
        ProviderUnavailable: both are.
    """
    for name in dict.fromkeys(name for name in (model, config.fallback_model) if name):
        if breaker_for_model(name).allows():
            return name
    raise ProviderUnavailable(cause="breaker")


def _instead_of(model: str, config: Config) -> str | None:
    """Return the fallback for a call that `model` has refused, if that is left alone now and the fallback is not.

    What refuses for a limit does so at once and for nothing, and a limit is one model's: nobody need wait for it, and
    no probe that meets it need fail.
    """
    other = config.fallback_model
    if not other or other == model or breaker_for_model(model).allows() or not breaker_for_model(other).allows():
        return None
    return other


def _acceptable(prompt: Prompt) -> Prompt:
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
    # Raised out here, the failure neither shows the SDK's error, whose text may hold the prompt, nor keeps its
    # frames alive, which hold the connection.
    if failure:
        raise failure


def _end(*, vendor_end: str, has_text: bool) -> FinishReason:
    """Return how the answer ended, or raise what the vendor's `finishReason` means.

    The reasons: https://ai.google.dev/api/generate-content#FinishReason.
    """
    if not vendor_end:
        raise ConnectionCut(cause="no_finish_reason")
    if vendor_end in BROKEN_ENDS:
        raise BrokenReply(cause=vendor_end)
    if vendor_end == "MAX_TOKENS":
        if not has_text:
            raise MaxTokens(cause=vendor_end)
        return FinishReason.MAX_TOKENS
    if vendor_end != "STOP":
        raise Blocked(cause=vendor_end)
    if not has_text:
        raise EmptyReply(cause=vendor_end)
    return FinishReason.STOP
