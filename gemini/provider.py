"""What an implementation must do, what it is told, and which one this process uses."""

import os
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Protocol, Self

from django.conf import settings

from gemini.exceptions import ProviderAuth, ProviderError
from gemini.types import Chunk, Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of one provider. Timeouts are in seconds; `connections` is the size of its pool."""

    client: str
    api_key: str = field(repr=False)
    base_url: str
    connect_timeout: float
    read_timeout: float
    total_timeout: float
    connections: int
    stand_in_delay: float
    fallback_model: str = ""

    @classmethod
    def from_settings(cls) -> Self:
        """Read the settings GEMINI_*."""
        return cls(
            client=settings.GEMINI_CLIENT,
            api_key=settings.GEMINI_API_KEY,
            base_url=settings.GEMINI_BASE_URL,
            connect_timeout=settings.GEMINI_CONNECT_TIMEOUT,
            read_timeout=min(settings.GEMINI_READ_TIMEOUT, settings.GEMINI_TOTAL_TIMEOUT),
            total_timeout=settings.GEMINI_TOTAL_TIMEOUT,
            # A closed stream's connection may still be on its way back when the next call begins.
            connections=settings.GEMINI_CONCURRENCY + 8,
            stand_in_delay=settings.GEMINI_STAND_IN_DELAY,
            fallback_model=settings.GEMINI_FALLBACK_MODEL,
        )


class Provider(Protocol):
    """One implementation, shared by all threads of a process."""

    def stream(self, prompt: Prompt) -> Generator[Chunk]:
        """Make the call and pass on its events; closing the generator closes the connection.

        The turns are well formed. Anything may be raised: `classify` reads it.
        """

    def look_up(self, model: str) -> None:
        """Ask the vendor for a model's description: one call, without tokens. Raises as `stream` does."""

    def classify(self, error: Exception) -> ProviderError:
        """Return the failure that an error of the SDK or its transport stands for."""


class _Current:
    """This process's provider. A fork gets its own: sockets and locks do not survive one."""

    lock = threading.Lock()
    config: Config | None = None
    provider: Provider | None = None


def _forget() -> None:
    _Current.lock = threading.Lock()
    _Current.config = _Current.provider = None


os.register_at_fork(after_in_child=_forget)


def provider_for(config: Config) -> Provider:
    """Return this process's provider, built at the first call and again when the settings have changed.

    Raises:
        ProviderAuth: there is no key and `config` names a provider that needs one.
    """
    with _Current.lock:
        if _Current.provider is None or _Current.config != config:
            _Current.provider = _build(config)
            _Current.config = config
        return _Current.provider


def _build(config: Config) -> Provider:
    """Import and build the chosen implementation and no other: an SDK costs more than a second and 60 MB."""
    if config.client == "stand-in":
        from gemini.stand_in import StandIn  # noqa: PLC0415

        return StandIn(config)
    if not config.api_key:
        raise ProviderAuth(cause="no_key")
    if config.client == "google-generativeai":
        from gemini.google_generativeai import GoogleGenerativeAI  # noqa: PLC0415

        return GoogleGenerativeAI(config)
    from gemini.google_genai import GoogleGenAI  # noqa: PLC0415

    return GoogleGenAI(config)
