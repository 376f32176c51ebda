"""Comfort limits: per client and per number, by our own keys. They do not apply while Redis is unavailable."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import caches
from django.test import RequestFactory
from redis import Redis
from rest_framework.request import Request

from accounts.limits import ClientLimit
from accounts.views import SignupView
from tests.accounts.conftest import problem

ROUTES = ("signup", "send-otp", "verify-otp", "login", "refresh", "logout", "forgot-password", "reset-password")


@pytest.fixture(autouse=True)
def _five(client: Any, settings: Any) -> None:
    settings.AUTH_REQUESTS_PER_MINUTE = 5


def ask(client: Any, route: str, address: str = "192.0.2.1", **body: Any) -> Any:
    return client.post(f"/auth/{route}", body, format="json", REMOTE_ADDR=address)


@pytest.mark.parametrize("route", ROUTES)
def test_every_open_route_is_limited_per_client(client: Any, route: str) -> None:
    responses = [ask(client, route) for _ in range(12)]
    assert [response.status_code != 429 for response in responses] == [True] * 5 + [False] * 7
    assert problem(responses[-1]) == (429, "too_many_requests")
    assert 1 <= int(responses[-1]["Retry-After"]) <= 60, "when the window ends"


def test_of_fifty_at_once_exactly_the_limit_passes() -> None:
    start = threading.Barrier(50)

    def passes(_: int) -> bool:
        request = Request(RequestFactory().post("/auth/signup", REMOTE_ADDR="192.0.2.7"))
        start.wait(120)
        return ClientLimit().allow_request(request, SignupView())

    with ThreadPoolExecutor(50) as threads:
        assert sum(threads.map(passes, range(50))) == 5


def test_another_client_and_another_route_have_other_limits(client: Any) -> None:
    for _ in range(12):
        ask(client, "signup")
    assert ask(client, "signup", "192.0.2.2").status_code == 400
    assert ask(client, "login").status_code == 400


def test_forged_headers_do_not_make_another_client(client: Any) -> None:
    statuses = [
        client.post(
            "/auth/signup",
            {},
            format="json",
            headers={
                "X-Forwarded-For": f"203.0.113.{turn}",
                "X-Real-IP": f"203.0.113.{turn}",
                "Forwarded": f"for=203.0.113.{turn}",
            },
        ).status_code
        for turn in range(100)
    ]
    assert sum(status != 429 for status in statuses) == 5


def test_a_number_is_limited_in_any_spelling_for_any_client(client: Any) -> None:
    spellings = ("+919876543210", "098765 43210", "0091-98765-43210", "+91 (98765) 43210")
    responses = [
        ask(client, "signup", f"192.0.2.{turn}", mobile_number=spellings[turn % 4]).status_code for turn in range(40)
    ]
    assert [status == 201 for status in responses] == [True] * 5 + [False] * 35
    assert ask(client, "signup", "192.0.2.99", mobile_number="+919876543211").status_code == 201


def test_redis_knows_no_number(client: Any, settings: Any) -> None:
    ask(client, "signup", mobile_number="+919876543210")
    with Redis.from_url(settings.CACHE_URL) as redis:
        keys = [key.decode() for key in redis.scan_iter()]
        assert any(":rl:" in key for key in keys)
        assert all(redis.ttl(key) > 0 for key in keys)
        assert not any("9876543210" in key for key in keys)


@pytest.fixture
def _redis_unavailable(settings: Any) -> Any:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}}
    yield
    caches.close_all()


@pytest.mark.usefixtures("_redis_unavailable")
def test_without_redis_there_are_no_limits_and_users_sign_in(
    client: Any, number: str, pass_time: Callable[[float], None]
) -> None:
    for _ in range(12):
        assert ask(client, "signup", mobile_number=number).status_code == 201
    otp = ask(client, "send-otp", mobile_number=number).json()["otp"]
    tokens = ask(client, "verify-otp", mobile_number=number, otp=otp).json()
    assert client.ask("/user/me", tokens["access_token"]).status_code == 200
    assert problem(ask(client, "send-otp", mobile_number=number)) == (429, "too_many_codes"), "codes are still counted"
