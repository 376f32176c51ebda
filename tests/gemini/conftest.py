from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import API_KEY
from tests.ports import free_port

SDKS = ["google-genai", "google-generativeai"]


@pytest.fixture(scope="session")
def running_double() -> Iterator[GeminiDouble]:
    with GeminiDouble() as double:
        yield double


@pytest.fixture
def double(running_double: GeminiDouble, settings: Settings) -> GeminiDouble:
    running_double.reset()
    settings.GEMINI_API_KEY = API_KEY
    settings.GEMINI_BASE_URL = running_double.base_url
    settings.GEMINI_CONCURRENCY = 64
    # Longer than any machine needs; a test of a timeout sets its own.
    settings.GEMINI_CONNECT_TIMEOUT = 60
    settings.GEMINI_READ_TIMEOUT = 120
    settings.GEMINI_TOTAL_TIMEOUT = 240
    return running_double


@pytest.fixture(params=SDKS)
def sdk(request: pytest.FixtureRequest, double: GeminiDouble, settings: Settings) -> str:
    settings.GEMINI_CLIENT = request.param
    if request.param == "google-generativeai":  # it cannot forbid to store; a project from before stores nothing
        settings.GEMINI_API_KEY = f"old-{API_KEY}"
    return str(request.param)


@pytest.fixture
def stand_in(settings: Settings) -> None:
    settings.GEMINI_CLIENT = "stand-in"
    settings.GEMINI_STAND_IN_DELAY = 0
    settings.GEMINI_TOTAL_TIMEOUT = 240


@pytest.fixture
def unused_port() -> int:
    return free_port()
