"""A Twilio for tests in one process."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts import sms
from tests.doubles.twilio import TwilioDouble


@pytest.fixture(scope="session")
def twilio_process() -> Iterator[TwilioDouble]:
    """The double's process; use it through `twilio`."""
    with TwilioDouble() as double:
        yield double


@pytest.fixture
def twilio(twilio_process: TwilioDouble, settings: Any, monkeypatch: pytest.MonkeyPatch) -> TwilioDouble:
    """A Twilio that takes every code, with nothing in its ledger; a machine that pauses makes it no slow one."""
    for name in ("CONNECT_TIMEOUT", "READ_TIMEOUT"):
        monkeypatch.setattr(sms, name, 120)
    twilio_process.behave()
    for name, value in twilio_process.settings().items():
        setattr(settings, name, value)
    return twilio_process
