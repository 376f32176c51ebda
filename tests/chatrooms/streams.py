"""A reply stream whose chunks a test chooses."""

from collections.abc import Iterator

from gemini.types import FinishReason, Usage


class Stream:
    """Yields `chunks`, then raises `error` if there is one."""

    model = "model-that-answered"
    finish_reason = FinishReason.STOP
    usage = spent = Usage(prompt_tokens=7, output_tokens=9)

    def __init__(self, *chunks: str, error: Exception | None = None) -> None:
        self.chunks, self.error = chunks, error
        self.closed = self.cancelled = False

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
