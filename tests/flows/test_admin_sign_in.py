"""Parallel guesses at the admin's sign-in page, with real processes."""

import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from tests.admin.conftest import PASSWORD, code_of
from tests.flows.staff import Browser, make_staff
from tests.stack import Stack
from tests.waiting import in_parallel

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.stack_settings(web={"PROXY_HOPS": "1"})]
"""`web` trusts the client address that a proxy sends."""

ROUNDS = pytest.mark.parametrize("rounds", [20])


def guess(browser: Browser) -> Callable[[], int]:
    def until_evaluated() -> int:
        while (status := browser.sign_in("wrong wrong wrong wrong", "000000").status_code) == 503:
            time.sleep(0.2)
        return status

    return until_evaluated


@ROUNDS
def test_of_forty_parallel_attempts_five_are_evaluated(breakable: Stack, rounds: int) -> None:
    """200, the form again: evaluated and wrong. 429: not evaluated. 503 is tried again by `guess`."""
    stack, number = breakable, "+919600000001"
    make_staff(stack, number)
    for number_of_round in range(rounds):
        address = f"203.0.113.{number_of_round}"
        browsers = [Browser(stack.url, number, address) for _ in range(40)]
        statuses = Counter(in_parallel([guess(browser) for browser in browsers]))
        assert statuses == {200: 5, 429: 35}
        counted = stack.sql("SELECT failures_since_start FROM axes_accessattempt WHERE ip_address = %s", address)
        assert counted == [(5,)]
    response = Browser(stack.url, number, "198.51.100.7").sign_in(PASSWORD, code_of())
    assert (response.status_code, response.url) == (200, f"{stack.url}/admin/")


@ROUNDS
def test_the_same_code_in_parallel_signs_in_once(breakable: Stack, rounds: int) -> None:
    stack, number = breakable, "+919600000002"
    make_staff(stack, number)
    for number_of_round in range(rounds):
        stack.sql("UPDATE otp_totp_totpdevice SET last_t = -1, throttling_failure_count = 0")
        browsers = [Browser(stack.url, number, f"203.0.{number_of_round}.{each}") for each in range(1, 6)]
        code = code_of()
        responses = in_parallel([partial(browser.sign_in, PASSWORD, code) for browser in browsers])
        assert [response.url for response in responses].count(f"{stack.url}/admin/") == 1
