"""The implementation that this process uses, built once."""

import os
import threading

from gemini.exceptions import ProviderAuth
from gemini.provider import Config, Provider


class _Current:
    """This process's provider. A fork gets its own: sockets and locks do not survive one."""

    lock = threading.Lock()
    config: Config | None = None
    provider: Provider | None = None


def _reset_in_child() -> None:
    _Current.lock = threading.Lock()
    _Current.config = _Current.provider = None


os.register_at_fork(after_in_child=_reset_in_child)


def provider_for(config: Config) -> Provider:
    """Return this process's provider. It is built at the first call and again when the settings have changed.

    Raises:
        ProviderAuth: the provider needs a key, and there is none.
    """
    with _Current.lock:
        if _Current.provider is None or _Current.config != config:
            _Current.provider = _build(config)
            _Current.config = config
        return _Current.provider


def _build(config: Config) -> Provider:
    """Import and build the chosen implementation only: an SDK costs more than a second and 60 MB."""
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
