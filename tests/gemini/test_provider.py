"""One client per process, and only the chosen implementation is imported."""

import os
import subprocess
import sys

import pytest
from pytest_django import Settings

from gemini.provider import Config
from gemini.registry import provider_for
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import API_KEY, reply_to

PROBE = """
import sys
from django.conf import settings
settings.configure(GEMINI_CLIENT={client!r}, GEMINI_API_KEY="key", GEMINI_BASE_URL="", GEMINI_CONNECT_TIMEOUT=1,
    GEMINI_READ_TIMEOUT=1, GEMINI_TOTAL_TIMEOUT=1, GEMINI_CONCURRENCY=1, GEMINI_STAND_IN_DELAY=0,
    GEMINI_FALLBACK_MODEL="", GEMINI_BREAKER_FAILURES=5, GEMINI_ALLOW_STORED=False)
import gemini.client
from gemini.provider import Config
from gemini.registry import provider_for
if {build}:
    provider_for(Config.from_settings())
print([name for name in ("google.genai", "google.generativeai") if name in sys.modules])
"""


def test_a_process_has_one_client(sdk: str) -> None:
    assert provider_for(Config.from_settings()) is provider_for(Config.from_settings())


def test_changed_settings_give_a_new_client(sdk: str, settings: Settings) -> None:
    before = provider_for(Config.from_settings())
    settings.GEMINI_READ_TIMEOUT = 7

    assert provider_for(Config.from_settings()) is not before


def test_a_forked_process_has_its_own_client_and_both_work(sdk: str, double: GeminiDouble) -> None:
    parents = provider_for(Config.from_settings())
    reply_to("Before")
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            own = provider_for(Config.from_settings()) is not parents
            os.write(writer, f"{own}: {reply_to('In the child')[0]}".encode())
        finally:
            os._exit(0)  # or a child that fails would run the rest of the tests too
    os.close(writer)  # or the read below would never end if the child wrote nothing
    os.waitpid(child, 0)

    assert os.read(reader, 1000).decode() == "True: I saw 1 turns. You said: In the child"
    assert reply_to("In the parent")[0] == "I saw 1 turns. You said: In the parent"
    assert provider_for(Config.from_settings()) is parents
    os.close(reader)


@pytest.mark.parametrize(
    ("client", "build", "imported"),
    [
        ("google-genai", False, []),
        ("stand-in", True, []),
        ("google-genai", True, ["google.genai"]),
        ("google-generativeai", True, ["google.generativeai"]),
    ],
)
def test_only_the_chosen_sdk_is_imported_and_only_when_called(client: str, build: bool, imported: list[str]) -> None:
    probe = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE.format(client=client, build=build)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert probe.stdout.strip() == str(imported)
    assert probe.stderr == ""


def test_the_key_does_not_show_in_the_configuration(sdk: str) -> None:
    assert API_KEY not in repr(Config.from_settings())
