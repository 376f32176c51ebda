"""What an implementation must offer, and the settings it is built with."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import IO, Protocol, Self

from django.conf import settings

from gemini.exceptions import ProviderError
from gemini.types import Chunk, ModelDescription, Prompt, RemoteFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings GEMINI_*. Timeouts are in seconds; `connections` is the size of the pool."""

    client: str
    api_key: str = field(repr=False)
    base_url: str
    connect_timeout: float
    read_timeout: float
    total_timeout: float
    connections: int
    stand_in_delay: float
    fallback_model: str = ""
    allow_stored: bool = False

    @property
    def can_set_thinking(self) -> bool:
        """Whether a call says how much to think: the retired SDK cannot."""
        return self.client != "google-generativeai"

    @classmethod
    def from_settings(cls) -> Self:
        return cls(
            client=settings.GEMINI_CLIENT,
            api_key=settings.GEMINI_API_KEY,
            base_url=settings.GEMINI_BASE_URL,
            connect_timeout=settings.GEMINI_CONNECT_TIMEOUT,
            read_timeout=min(settings.GEMINI_READ_TIMEOUT, settings.GEMINI_TOTAL_TIMEOUT),
            total_timeout=settings.GEMINI_TOTAL_TIMEOUT,
            # A closed stream's connection may not be back in the pool yet when the next call begins.
            connections=settings.GEMINI_CONCURRENCY + 8,
            stand_in_delay=settings.GEMINI_STAND_IN_DELAY,
            fallback_model=settings.GEMINI_FALLBACK_MODEL,
            allow_stored=settings.GEMINI_ALLOW_STORED,
        )


class Provider(Protocol):
    """One implementation, shared by all threads of a process."""

    def stream(self, prompt: Prompt) -> Generator[Chunk]:
        """Make the call and yield its events; closing the generator closes the connection.

        The prompt is as `gemini.as_sent` makes it, and its turns are well formed. It may raise any exception, which
        `classify` translates.
        """

    def describe(self, model: str) -> ModelDescription:
        """Ask the vendor for a model's description: one call, which costs no tokens. Raises as `stream` does."""

    def upload(self, content: IO[bytes], *, size: int, mime_type: str) -> RemoteFile:
        """Give the vendor a file to keep for a while. Raises as `stream` does, and so do the next two."""

    def find_file(self, name: str) -> RemoteFile:
        """Look a file up."""

    def delete_file(self, name: str) -> None:
        """Have the vendor delete a file."""

    def classify(self, error: Exception) -> ProviderError:
        """Translate an error of the SDK or its transport."""
