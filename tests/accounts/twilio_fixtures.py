"""A Twilio for tests in one process."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.doubles.twilio import TwilioDouble


@pytest.fixture(scope="session")
def twilio_process() -> Iterator[TwilioDouble]:
    """The double's process; use it through `twilio`."""
    with TwilioDouble() as double:
        yield double


@pytest.fixture
def twilio(twilio_process: TwilioDouble, settings: Any) -> TwilioDouble:
    """A Twilio that takes every code, with nothing in its ledger."""
    twilio_process.behave()
    for name, value in twilio_process.settings().items():
        setattr(settings, name, value)
    return twilio_process
