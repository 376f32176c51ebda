"""Forty guesses at once at the desk's sign-in, and staff who get in all the same (BAR A17)."""

import time
from collections import Counter
from collections.abc import Callable

import pytest
import requests
from django_otp.oath import TOTP

from tests.flows.test_desk_in_a_browser import KEY, MAKE_STAFF, PASSWORD, STAFF
from tests.stack import Stack, in_parallel

pytestmark = pytest.mark.stack

ROUNDS = 10


def sign_in(stack: Stack, number: str, password: str, code: str, address: str) -> int:
    """The answer's status: 302 lets in, 200 is the page again, 429 was not even tried."""
    client = requests.Session()
    client.headers["X-Forwarded-For"] = address
    page = f"{stack.url}/admin/login/"
    client.get(page, timeout=30)
    form = {
        "username": number,
        "password": password,
        "otp_token": code,
        "csrfmiddlewaretoken": client.cookies["csrftoken"],
    }
    return client.post(page, form, allow_redirects=False, timeout=60).status_code


def code() -> str:
    totp = TOTP(bytes.fromhex(KEY))
    totp.time = time.time()
    return f"{totp.token():06}"


def test_forty_guesses_at_once_are_at_most_five(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(PROXY_HOPS="1")
    stack.run("make_staff", MAKE_STAFF)
    for number in range(ROUNDS):
        address = f"203.0.113.{number}"
        statuses = in_parallel(
            [lambda: sign_in(stack, STAFF, "wrong wrong wrong wrong", "000000", address) for _ in range(40)]
        )
        evaluated = Counter(statuses)[200]
        assert set(statuses) <= {200, 429, 503}, "503: no connection was free in time"
        assert evaluated <= 5, f"{evaluated} guesses were evaluated in round {number}"
        assert sign_in(stack, STAFF, PASSWORD, code(), address) == 429, "locked there"
    assert sign_in(stack, STAFF, PASSWORD, code(), "198.51.100.7") == 302, "and nowhere else"
