"""The API does not reveal whether a number has an account."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests.accounts.conftest import PASSWORD
from tests.accounts.open_routes import REQUESTS


@pytest.fixture(autouse=True)
def _no_ceilings(settings: Any) -> None:
    for name in ("ADDRESS_HOUR", "PREFIX_HOUR", "COUNTRY_DAY", "DAY"):
        setattr(settings, f"SMS_PER_{name}", 100_000)


def seen(response: Any) -> tuple[Any, ...]:
    """Status, headers and body, without what is random in them, and without the client's own count of requests."""
    body = re.sub(r'"(otp|request_id)": ?"[0-9a-f]+"', r'"\1"', response.content.decode())
    headers = {name: value for name, value in response.headers.items() if name not in ("X-Request-ID", "RateLimit")}
    return response.status_code, tuple(sorted(headers.items())), body, len(response.content)


def shapes(queries: CaptureQueriesContext) -> tuple[str, ...]:
    """The statements, without the values in them."""
    return tuple(re.sub(r"'[^']*'|\b\d+\b|\bs\d+_x\d+\b", "?", query["sql"]) for query in queries)


@pytest.mark.parametrize("pairs", [10, pytest.param(50, marks=pytest.mark.faults)])
@pytest.mark.parametrize("route", REQUESTS)
def test_known_and_unknown_numbers_get_the_same_answer(
    client: Any, new_number: Callable[[], str], route: str, pairs: int
) -> None:
    responses: dict[bool, set[Any]] = {True: set(), False: set()}
    statements: dict[bool, set[Any]] = {True: set(), False: set()}
    client.send(f"/auth/{route}", mobile_number=new_number(), **REQUESTS[route])  # what is made once is made now
    for known in [True, False] * pairs:
        number = new_number()
        if known:
            User.objects.create_user(number, PASSWORD)
        with CaptureQueriesContext(connection) as queries:
            response = client.send(f"/auth/{route}", mobile_number=number, **REQUESTS[route])
        responses[known].add(seen(response))
        statements[known].add(shapes(queries))
    assert len(responses[True]) == 1
    assert responses[True] == responses[False]
    assert statements[True] == statements[False]
