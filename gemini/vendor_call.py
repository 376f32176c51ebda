"""What one call to the vendor reported, and what it cost."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gemini.interrupts import Interrupt
from gemini.storable import storable
from gemini.tokens import estimate, estimate_prompt
from gemini.types import UNKNOWN_USAGE, Chunk, PartKind, Piece, Prompt, Usage

MAX_NAME: Final = 80
"""Characters kept of a name that the vendor reports: the model's, the response's id."""

MAX_SERVICE_TIER: Final = 20
MAX_FINISH_REASON: Final = 40

MAX_COUNT: Final = 2**31 - 1
"""Counts are stored as 32-bit integers."""

COUNTS: Final = ("prompt_tokens", "output_tokens", "cached_tokens", "tool_tokens", "thought_tokens")


@dataclass(slots=True, kw_only=True)
class VendorCall:
    """One request to the vendor; a reply may take several.

    Attributes:
        prompt: as it was sent.
        interrupt: whether it was ended from our side.
        model: the one that replies, as soon as `has_responded` is set.
        usage: the vendor's counts so far.
        estimated_output: our count of what has come, without thoughts.
        code_count: how many pieces of code have come.
        has_begun: the request may have reached the vendor.
    """

    prompt: Prompt
    interrupt: Interrupt
    model: str = ""
    usage: Usage = UNKNOWN_USAGE
    response_id: str = ""
    service_tier: str = ""
    vendor_finish_reason: str = ""
    estimated_output: int = 0
    code_count: int = 0
    has_begun: bool = False
    has_responded: bool = False
    dropped: list[str] = field(default_factory=list)

    def read(self, event: Chunk) -> None:
        """Keep what an event reports besides its text."""
        self.has_responded = True
        self.usage = _updated(self.usage, event.usage) if event.usage else self.usage
        self.model = storable(event.model)[:MAX_NAME] or self.model
        self.response_id = storable(event.response_id)[:MAX_NAME] or self.response_id
        self.service_tier = storable(event.service_tier)[:MAX_SERVICE_TIER].lower() or self.service_tier
        self.vendor_finish_reason = event.finish_reason or self.vendor_finish_reason
        self.dropped += event.dropped

    def count(self, piece: Piece) -> None:
        """Count a piece of the reply. Thoughts are only summaries of what is billed."""
        if piece.kind is not PartKind.THOUGHT:
            self.estimated_output += estimate(piece.text)
            self.code_count += piece.kind is not PartKind.TEXT

    @property
    def visible_tokens(self) -> int:
        """Tokens of the text, as far as the vendor has counted them."""
        return (self.usage.output_tokens or 0) - (self.usage.thought_tokens or 0)

    @property
    def spent(self) -> Usage:
        """What the call cost, prompt and output set: the vendor's count, or an estimate for a call that was cut off.

        A call that failed without any text or count is assumed to have cost nothing; one that was cancelled while the
        vendor worked on it, the prompt. The vendor may count the output with its last event only, or never; a 0 then
        does not count the text that has come.
        """
        prompt, output, thoughts = self.usage.prompt_tokens, self.usage.output_tokens, self.usage.thought_tokens or 0
        if self.estimated_output:
            output = output or None
        if not self.estimated_output and not (self.interrupt.is_tripped and self.has_begun):
            return replace(self.usage, prompt_tokens=prompt or 0, output_tokens=output or thoughts)
        return replace(
            self.usage,
            prompt_tokens=estimate_prompt(self.prompt) if prompt is None else prompt,
            output_tokens=min(thoughts + self.estimated_output, MAX_COUNT) if output is None else output,
            estimated=prompt is None or output is None,
        )


def total(usages: list[Usage]) -> Usage:
    """Add the counts of several calls; a count that none of them has stays unknown."""
    if len(usages) == 1:
        return usages[0]
    sums: dict[str, Any] = {name: _sum(getattr(usage, name) for usage in usages) for name in COUNTS}
    return Usage(**sums, estimated=any(usage.estimated for usage in usages))


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return min(sum(known), MAX_COUNT) if known else None


def _updated(usage: Usage, reported: Usage) -> Usage:
    """Keep a count that the newer report leaves out. All but the prompt only grow: a smaller count is a part of it."""
    new = {name: _plausible(getattr(reported, name)) for name in COUNTS}
    old = {name: getattr(usage, name) for name in COUNTS}
    kept: dict[str, Any] = {name: _largest(old[name], new[name]) for name in COUNTS}
    kept["prompt_tokens"] = old["prompt_tokens"] if new["prompt_tokens"] is None else new["prompt_tokens"]
    return Usage(**kept)


def _largest(*counts: int | None) -> int | None:
    return max((count for count in counts if count is not None), default=None)


def _plausible(count: int | None) -> int | None:
    """Drop an impossible count: a vendor may send anything, and it is stored as a 32-bit integer."""
    return count if count is not None and 0 <= count <= MAX_COUNT else None
