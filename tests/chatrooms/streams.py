"""A reply stream whose chunks a test chooses."""

from collections.abc import Iterator
from typing import ClassVar

from gemini.interrupts import Interrupt
from gemini.sources import References
from gemini.types import FinishReason, Piece, Prompt, Usage
from gemini.vendor_call import VendorCall


def vendor_calls(model: str, usage: Usage) -> list[VendorCall]:
    """One call that cost `usage`."""
    prompt = Prompt(turns=(), model=model, max_output_tokens=1)
    return [VendorCall(prompt=prompt, interrupt=Interrupt(), model=model, usage=usage, has_begun=True)]


class Stream:
    """Yields `chunks`, then raises `error` if there is one."""

    model = "model-that-answered"
    finish_reason = FinishReason.STOP
    usage = spent = Usage(prompt_tokens=7, output_tokens=9)
    search_suggestions = response_id = service_tier = ""
    dropped: ClassVar[dict[str, int]] = {}

    def __init__(self, *chunks: str, error: Exception | None = None) -> None:
        self.chunks, self.error = chunks, error
        self.closed = self.cancelled = False
        self.references = References()

    @property
    def calls(self) -> list[VendorCall]:
        return vendor_calls(self.model, self.spent)

    def pieces(self) -> Iterator[Piece]:
        return (Piece(text=chunk) for chunk in self)

    def __iter__(self) -> Iterator[str]:
        yield from self.chunks
        if self.error:
            raise self.error

    def cancel(self) -> None:
        self.cancelled = True

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True
