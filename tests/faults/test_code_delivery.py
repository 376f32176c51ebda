"""The delivery of a code, from the web process through Redis and a worker to the provider."""

import random
import re
from collections.abc import Iterator

import pytest
import requests

from tests.doubles.twilio import TwilioDouble
from tests.stack import Stack
from tests.waiting import TIMEOUT

pytestmark = [pytest.mark.stack, pytest.mark.faults]


@pytest.fixture
def twilio() -> Iterator[TwilioDouble]:
    with TwilioDouble() as double:
        yield double


def test_a_code_is_sent_once_and_late_after_an_outage(breakable: Stack, twilio: TwilioDouble) -> None:
    stack = breakable
    stack.restart("web", "tasks", **twilio.settings())
    numbers = [f"+919{random.randrange(10**8, 10**9)}" for _ in range(2)]

    def ask(number: str) -> None:
        response = requests.post(f"{stack.url}/auth/send-otp", json={"mobile_number": number}, timeout=TIMEOUT)
        assert (response.status_code, "otp" in response.json()) == (200, False)

    def sign_in(number: str, digits: str) -> None:
        body = {"mobile_number": number, "otp": digits}
        assert requests.post(f"{stack.url}/auth/verify-otp", json=body, timeout=TIMEOUT).status_code == 200

    ask(numbers[0])
    first = twilio.code_for(numbers[0], seconds=TIMEOUT)  # the worker may still be starting
    sign_in(numbers[0], first)

    stack.redis.stop()
    ask(numbers[1])
    assert [message["To"] for message in twilio.ledger()] == [numbers[0]]
    stack.redis.start()
    second = twilio.code_for(numbers[1], seconds=TIMEOUT)
    sign_in(numbers[1], second)
    assert [message["To"] for message in twilio.ledger()] == numbers, "one message each"

    said = "".join(file.read_text(errors="replace") for file in stack.folder.glob("*.log"))
    results = str(stack.sql("SELECT t::text FROM django_celery_results_taskresult t"))
    assert "sent" in results
    for secret in (first, second, *(number.removeprefix("+91") for number in numbers)):
        alone = re.compile(rf"(?<![0-9a-f.]){secret}(?![0-9a-f])")  # not by chance in an id or a timestamp
        assert not alone.search(said)
        assert not alone.search(results)
