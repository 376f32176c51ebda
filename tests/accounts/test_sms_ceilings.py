"""The cost of codes has exact limits for all clients together."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from accounts.models import OneTimeCode
from tests.accounts.conftest import problem

CEILINGS = ("NUMBER_HOUR", "NUMBER_DAY", "ADDRESS_HOUR", "PREFIX_HOUR", "COUNTRY_DAY", "DAY")


@pytest.fixture(autouse=True)
def ceilings(settings: Any) -> Callable[..., None]:
    """Nothing is bounded but what the test names."""

    def bound(**limits: int) -> None:
        for name in CEILINGS:
            setattr(settings, f"SMS_PER_{name}", limits.get(name, 100_000))

    bound()
    return bound


@pytest.fixture
def stood(set_clock: Callable[[datetime], None]) -> Callable[[], float]:
    """Stop the clock that `Retry-After` is computed from; for how many seconds so far.

    What is stored is stamped by the real one, so that a wait is longer by as much as the test has taken.
    """
    begun = datetime.now(UTC)
    set_clock(begun)
    return lambda: (datetime.now(UTC) - begun).total_seconds()


def ask(client: Any, number: str, address: str = "192.0.2.1") -> Any:
    return client.post("/auth/send-otp", {"mobile_number": number}, format="json", REMOTE_ADDR=address)


def test_a_number_gets_one_code_a_minute(
    client: Any, number: str, pass_time: Callable[[float], None], stood: Callable[[], float]
) -> None:
    assert ask(client, number).status_code == 200
    refused = ask(client, number)
    assert problem(refused) == (429, "too_many_codes")
    assert 60 <= int(refused["Retry-After"]) <= 61 + stood()
    pass_time(int(refused["Retry-After"]))
    assert ask(client, number).status_code == 200
    assert OneTimeCode.objects.count() == 2


def test_all_purposes_share_a_numbers_minute(client: Any, number: str) -> None:
    ask(client, number)
    refused = client.send("/auth/forgot-password", mobile_number=number)
    assert problem(refused) == (429, "too_many_codes")
    assert OneTimeCode.objects.count() == 1


@pytest.mark.parametrize(("name", "period"), [("NUMBER_HOUR", 3600), ("NUMBER_DAY", 86_400)])
def test_a_numbers_window_slides(
    client: Any,
    number: str,
    ceilings: Callable[..., None],
    pass_time: Callable[[float], None],
    stood: Callable[[], float],
    name: str,
    period: int,
) -> None:
    ceilings(**{name: 3})
    for _ in range(3):
        assert ask(client, number).status_code == 200
        pass_time(100)
    refused = ask(client, number)
    assert problem(refused) == (429, "too_many_codes")
    wait = int(refused["Retry-After"])
    assert period - 300 <= wait <= period - 300 + 1 + stood()
    pass_time(wait - 3)
    assert ask(client, number).status_code == 429
    pass_time(3)
    assert ask(client, number).status_code == 200, "the oldest has left the window"
    pass_time(61)
    assert ask(client, number).status_code == 429, "the second oldest has not"


def test_a_client_asks_so_often_an_hour(
    client: Any, new_number: Callable[[], str], ceilings: Callable[..., None]
) -> None:
    ceilings(ADDRESS_HOUR=4)
    statuses = [ask(client, new_number()).status_code for _ in range(6)]
    assert statuses == [200] * 4 + [429] * 2
    assert ask(client, new_number(), "192.0.2.2").status_code == 200


def test_a_network_of_ipv6_is_one_client(
    client: Any, new_number: Callable[[], str], ceilings: Callable[..., None]
) -> None:
    ceilings(ADDRESS_HOUR=4)
    statuses = [ask(client, new_number(), f"2001:db8::{host:x}").status_code for host in range(1, 101)]
    assert statuses.count(200) == 4
    assert ask(client, new_number(), "2001:db8:0:1::1").status_code == 200


def test_a_block_of_numbers_gets_so_many_an_hour(client: Any, ceilings: Callable[..., None]) -> None:
    ceilings(PREFIX_HOUR=4)
    statuses = [ask(client, f"+91987654{last:04}", f"192.0.2.{last}").status_code for last in range(8)]
    assert statuses == [200] * 4 + [429] * 4
    assert ask(client, "+919876550000").status_code == 200


@pytest.mark.parametrize("name", ["COUNTRY_DAY", "DAY"])
def test_a_common_ceiling_is_a_503_and_an_alert(
    client: Any, new_number: Callable[[], str], ceilings: Callable[..., None], name: str
) -> None:
    ceilings(**{name: 3})
    digits = [(number, ask(client, number).json()["otp"]) for number in (new_number() for _ in range(3))]
    with structlog.testing.capture_logs() as lines:
        refused = ask(client, new_number())
    assert problem(refused) == (503, "sms_ceiling_reached")
    assert int(refused["Retry-After"]) > 86_000
    assert [line["log_level"] for line in lines if line["event"] == "sms_ceiling_reached"] == ["error"]
    assert OneTimeCode.objects.count() == 3
    number, otp = digits[0]
    assert client.send("/auth/verify-otp", mobile_number=number, otp=otp).status_code == 200
    assert ask(client, "+14155552671").status_code == (200 if name == "COUNTRY_DAY" else 503)


@pytest.mark.parametrize("size", [1, pytest.param(5, marks=pytest.mark.faults)])
def test_a_flood_from_everywhere_stays_under_the_ceilings(
    client: Any, ceilings: Callable[..., None], settings: Any, size: int
) -> None:
    """100 requests, 20 clients, 25 numbers in one block of numbers and as many in another; or five times as many."""
    ceilings(NUMBER_HOUR=5, NUMBER_DAY=10, ADDRESS_HOUR=20, PREFIX_HOUR=10 * size, COUNTRY_DAY=16 * size, DAY=18 * size)
    for turn in range(100 * size):
        block, last = ("98765", "98766")[turn % 2], turn // 2 % (25 * size)
        ask(client, f"+91{block}4{last:04}", f"192.0.2.{turn % (20 * size)}")
    sent = list(OneTimeCode.objects.values_list("mobile_number", "prefix"))
    assert len(sent) == 16 * size
    assert max(sum(prefix == other for _, other in sent) for _, prefix in sent) <= 10 * size
    assert len({number for number, _ in sent}) == len(sent), "one each in a minute"


def test_what_was_refused_leaves_no_trace(client: Any, number: str) -> None:
    ask(client, number)
    before = list(OneTimeCode.objects.values())
    for _ in range(5):
        assert re.fullmatch(r"[0-9]+", ask(client, number)["Retry-After"])
    assert list(OneTimeCode.objects.values()) == before
