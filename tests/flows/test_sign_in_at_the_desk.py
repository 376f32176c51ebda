"""Guessing at the desk's sign-in page with real processes, all at once."""

import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from tests.desk.conftest import PASSWORD, code_of
from tests.flows.staff import Browser, make_staff
from tests.stack import Stack, in_parallel

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.stack_settings(web={"PROXY_HOPS": "1"})]
"""`web` believes in the address which a proxy names."""

ROUNDS = pytest.mark.parametrize("rounds", [20])


def guess(browser: Browser) -> Callable[[], int]:
    def until_it_is_judged() -> int:
        while (status := browser.sign_in("wrong wrong wrong wrong", "000000").status_code) == 503:
            time.sleep(0.2)
        return status

    return until_it_is_judged


@ROUNDS
def test_of_forty_tries_at_once_five_are_evaluated_and_the_staff_get_in(breakable: Stack, rounds: int) -> None:
    """A page with the form again is a try that was evaluated; 429 is one that was not, 503 none that was judged."""
    stack, number = breakable, "+919600000001"
    make_staff(stack, number)
    for number_of_round in range(rounds):
        address = f"203.0.113.{number_of_round}"
        browsers = [Browser(stack.url, number, address) for _ in range(40)]
        told = Counter(in_parallel([guess(browser) for browser in browsers]))
        assert told == {200: 5, 429: 35}
        counted = stack.sql("SELECT failures_since_start FROM axes_accessattempt WHERE ip_address = %s", address)
        assert counted == [(5,)]
    let_in = Browser(stack.url, number, "198.51.100.7").sign_in(PASSWORD, code_of())
    assert (let_in.status_code, let_in.url) == (200, f"{stack.url}/admin/")


@ROUNDS
def test_of_five_who_bring_the_same_code_at_once_one_gets_in(breakable: Stack, rounds: int) -> None:
    stack, number = breakable, "+919600000002"
    make_staff(stack, number)
    for number_of_round in range(rounds):
        stack.sql("UPDATE otp_totp_totpdevice SET last_t = -1, throttling_failure_count = 0")
        browsers = [Browser(stack.url, number, f"203.0.{number_of_round}.{each}") for each in range(1, 6)]
        code = code_of()
        answers = in_parallel([partial(browser.sign_in, PASSWORD, code) for browser in browsers])
        assert [answer.url for answer in answers].count(f"{stack.url}/admin/") == 1
