"""The private attributes of other libraries that `gemini` reaches into are still there.

If a test here fails after an upgrade, read how the new version does it and follow in the module that the test names.
"""

import httpx2
import pytest

from gemini import google_genai
from gemini.interrupts import InterruptibleBackend
from gemini.provider import Config


def test_an_httpx2_transport_still_has_a_pool_with_a_backend() -> None:
    with httpx2.HTTPTransport() as transport:
        pool = getattr(transport, "_pool", None)
        assert pool is not None, "gemini/google_genai.py sets the backend of HTTPTransport._pool"
        assert hasattr(pool, "_network_backend"), "gemini/google_genai.py replaces _pool._network_backend"


def test_an_httpx2_client_still_lists_its_transports() -> None:
    with httpx2.Client() as client:
        assert isinstance(getattr(client, "_transport", None), httpx2.HTTPTransport)
        assert isinstance(getattr(client, "_mounts", None), dict)


@pytest.mark.usefixtures("double")
def test_the_client_for_google_connects_through_our_backend() -> None:
    with google_genai._HTTP(Config.from_settings()) as client:
        assert isinstance(client._transport, httpx2.HTTPTransport)
        assert isinstance(client._transport._pool._network_backend, InterruptibleBackend)
