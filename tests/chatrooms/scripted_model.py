"""A model that says what a test sets, for titles and summaries."""

from collections.abc import Callable, Iterator

from gemini.types import FinishReason, Prompt, Usage
from tests.chatrooms.streams import vendor_calls


class ScriptedModel:
    """Returns what `says` is, and records the prompts."""

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []
        self.says: str | Exception | Callable[[], str] = "A title"
        self.finish_reason = FinishReason.STOP

    def __call__(self, prompt: Prompt) -> "_Stream":
        self.prompts.append(prompt)
        stream = _Stream(self.says)
        stream.finish_reason = self.finish_reason
        return stream


class _Stream:
    calls = vendor_calls("model", Usage(prompt_tokens=11, output_tokens=5))
    finish_reason = FinishReason.STOP

    def __init__(self, says: str | Exception | Callable[[], str]) -> None:
        self._says = says

    def __enter__(self) -> "_Stream":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Iterator[str]:
        if isinstance(self._says, Exception):
            raise self._says
        yield self._says() if callable(self._says) else self._says
