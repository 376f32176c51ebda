"""One streamed call, within the limits that hold for every provider."""

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
    Cancelled,
    ConnectionCut,
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
from gemini.storable import StorableChunks, storable
from gemini.tokens import estimate, estimate_prompt
from gemini.turns import well_formed
from gemini.types import UNKNOWN_USAGE, Chunk, FinishReason, Prompt, Usage

MAX_MODEL_NAME: Final = 80
"""Characters kept of the model's name as the vendor reports it."""

MAX_VENDOR_FINISH_REASON: Final = 40
"""Characters kept of the vendor's finish reason."""


class ReplyStream:
    """One call in progress: iterate over its chunks of text, and close it in any case.

    The connection opens with the first chunk. Every failure is raised from the iteration as a `ProviderError`; the
    chunks before it are then no reply. After a normal end `finish_reason` is set. `usage` and `model` hold what the
    vendor reported last, after a failure too. `requested_model` is the model of the prompt; `model` is the one that
    replies, as soon as `has_responded` is set.

    `cancel` ends it from another thread; the iteration then raises `Cancelled`.
    """

    def __init__(self, *, prompt: Prompt) -> None:
        self._interrupt = Interrupt()
        self._has_begun = False
        self.usage = UNKNOWN_USAGE
        self.model = self.requested_model = prompt.model
        self.has_responded = False
        self._finish_reason: FinishReason | None = None
        self._vendor_finish_reason = ""
        self._prompt = prompt
        self._estimated_output = 0
        self._chunks = self._stream(prompt)

    @property
    def finish_reason(self) -> FinishReason:
        """How the reply ended. Only after the iteration has ended normally."""
        if self._finish_reason is None:
            raise RuntimeError("The reply has not ended normally.")
        return self._finish_reason

    @property
    def vendor_finish_reason(self) -> str:
        """The vendor's own finish reason, in lower case; empty until the end."""
        return self._vendor_finish_reason[:MAX_VENDOR_FINISH_REASON].lower()

    @property
    def spent(self) -> Usage:
        """What the call cost, both counts set: the vendor's, or an estimate for a call that was cut off.

        A call that failed without any text or count is assumed to have cost nothing; one that was cancelled while the
        vendor worked on it, the prompt. The vendor may count the output with its last event only, or never; a 0 then
        does not count the text that has come.
        """
        prompt, output = self.usage.prompt_tokens, self.usage.output_tokens
        if self._estimated_output:
            output = output or None
        if not self._estimated_output and not (self._interrupt.is_tripped and self._has_begun):
            return Usage(prompt_tokens=prompt or 0, output_tokens=output or 0)
        return Usage(
            prompt_tokens=estimate_prompt(self._prompt) if prompt is None else prompt,
            output_tokens=self._estimated_output if output is None else output,
            estimated=prompt is None or output is None,
        )

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            self._raise_if_cancelled()
            with self._interrupt.active_in_thread():
                chunk = next(self._chunks)
        except ProviderError:
            self._raise_if_cancelled()
            raise
        self._raise_if_cancelled()
        return chunk

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
        self._chunks.close()

    def _stream(self, prompt: Prompt) -> Generator[str]:
        """Yield the text of the reply, from the model that is available."""
        config = Config.from_settings()
        prompt = replace(_with_valid_turns(prompt), model=available_model(prompt.model, config))
        deadline = time.monotonic() + config.total_timeout
        fallback = None
        try:
            yield from self._stream_from_model(prompt, config, deadline=deadline)
        except (ProviderQuotaExhausted, ProviderRateLimited):
            fallback = fallback_after_limit(prompt.model, config)
            if fallback is None or self._estimated_output:
                raise
        if fallback:  # outside of the except, so that the refusal is not kept alive by the second call
            yield from self._stream_from_model(replace(prompt, model=fallback), config, deadline=deadline)

    def _stream_from_model(self, prompt: Prompt, config: Config, *, deadline: float) -> Generator[str]:
        """Yield the text of the reply by the model that `prompt` names."""
        if self._interrupt.is_tripped:
            raise Cancelled
        self.model = prompt.model
        self._has_begun = True
        length, has_text = 0, False
        recording = breaker_for_model(prompt.model).record_outcome(has_fallback=bool(config.fallback_model))
        with recording, closing(_events(prompt=prompt, config=config)) as events:
            for text in self._texts(events, deadline=deadline):
                length += len(text)
                if length > MAX_TEXT:
                    raise ReplyTooLong(cause="length")
                if text:
                    self._estimated_output += estimate(text)
                    has_text = has_text or not shows_nothing(text)
                    yield text
            self._finish_reason = finish_reason_of(vendor_finish_reason=self._vendor_finish_reason, has_text=has_text)

    def _texts(self, events: Iterator[Chunk], *, deadline: float) -> Iterator[str]:
        """Yield the storable text of each event, and keep the rest of the event."""
        chunks = StorableChunks()
        for event in self._unless_cancelled(events):
            if time.monotonic() > deadline:
                raise ProviderTimeout(cause="deadline")
            self._keep_metadata(event)
            yield chunks.read(event.text)
        yield chunks.flush()

    def _unless_cancelled(self, events: Iterator[Chunk]) -> Iterator[Chunk]:
        """Yield the events. A connection that we have cut ourselves must not count against the model.

        Nor must anything odd behind the finish reason: the reply is whole.
        """
        try:
            yield from events
        except (ConnectionCut, ProviderTimeout):
            if self._interrupt.is_tripped:
                raise Cancelled from None
            if not self._vendor_finish_reason:
                raise

    def _keep_metadata(self, event: Chunk) -> None:
        self.has_responded = True
        self.usage = _updated(self.usage, event.usage) if event.usage else self.usage
        self.model = storable(event.model)[:MAX_MODEL_NAME] or self.model
        self._vendor_finish_reason = event.finish_reason or self._vendor_finish_reason
        if event.prompt_blocked:
            raise Blocked(cause="prompt_feedback")


def _updated(usage: Usage, reported: Usage) -> Usage:
    """Keep a count that the newer report leaves out. Output only grows, so a smaller count is a part of it."""
    reported = _plausible(reported)
    prompt = usage.prompt_tokens if reported.prompt_tokens is None else reported.prompt_tokens
    outputs = [count for count in (usage.output_tokens, reported.output_tokens) if count is not None]
    return Usage(prompt_tokens=prompt, output_tokens=max(outputs, default=None))


def _plausible(usage: Usage) -> Usage:
    """Drop impossible counts: a vendor may send anything, and they are stored as 32-bit integers."""
    counts = (usage.prompt_tokens, usage.output_tokens)
    prompt, output = (count if count is not None and 0 <= count < 2**31 else None for count in counts)
    return Usage(prompt_tokens=prompt, output_tokens=output)


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
