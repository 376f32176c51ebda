"""A model that says what a test sets, for titles and summaries."""

from collections.abc import Callable, Iterator

from gemini.types import Prompt, Usage


class ScriptedModel:
    """Returns what `says` is, and records the prompts."""

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []
        self.says: str | Exception | Callable[[], str] = "A title"

    def __call__(self, prompt: Prompt) -> "_Stream":
        self.prompts.append(prompt)
        return _Stream(self.says)


class _Stream:
    spent = Usage(prompt_tokens=11, output_tokens=5)

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
