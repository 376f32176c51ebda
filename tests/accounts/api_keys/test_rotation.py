"""`POST /api-keys/{id}/rotate`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import ApiKey
from tests.accounts.api_keys.conftest import by_key, delete, rotate
from tests.accounts.conftest import field_codes, problem

Make = Callable[..., dict[str, Any]]


def works(key: dict[str, Any]) -> bool:
    return by_key(key).get("/usage").status_code == 200


def let_pass(seconds: float) -> None:
    ApiKey.objects.update(previous_until=F("previous_until") - timedelta(seconds=seconds))


def test_both_secrets_work_for_the_overlap(client: Any, token: str, make: Make) -> None:
    old = make()
    new = rotate(client, token, old, overlap=3600).json()
    assert (new["id"], new["scopes"]) == (old["id"], old["scopes"])
    assert (works(old), works(new)) == (True, True)
    let_pass(3600)
    assert problem(by_key(old).get("/usage")) == (401, "api_key_expired")
    assert works(new)


def test_without_an_overlap_the_former_ends_at_once(client: Any, token: str, make: Make) -> None:
    old = make()
    new = rotate(client, token, old, overlap=0).json()
    assert (works(old), works(new)) == (False, True)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"overlap": 86_401}, ("overlap", "max_value")),
        ({"overlap": -1}, ("overlap", "min_value")),
        ({}, ("overlap", "required")),
        ({"overlap": 1, "expires_in_days": 366}, ("expires_in_days", "max_value")),
    ],
)
def test_an_overlap_is_a_day_at_most(
    client: Any, token: str, make: Make, fields: dict[str, int], code: tuple[str, str]
) -> None:
    old = make()
    assert field_codes(rotate(client, token, old, **fields)) == {code}
    assert works(old)


def test_a_second_rotation_waits_for_the_first(client: Any, token: str, make: Make) -> None:
    first = make()
    second = rotate(client, token, first, overlap=3600).json()
    assert problem(rotate(client, token, first, overlap=3600)) == (409, "overlap_running")
    assert (works(first), works(second)) == (True, True)
    third = rotate(client, token, first, overlap=0).json()
    assert [works(each) for each in (first, second, third)] == [False, False, True]


def test_an_overlap_gives_no_time_that_the_former_had_not(client: Any, token: str, make: Make) -> None:
    old = make()
    ApiKey.objects.update(expires_at=Now() - timedelta(seconds=1))
    new = rotate(client, token, old, overlap=86_400).json()
    assert (works(old), works(new)) == (False, True)


def test_a_deleted_key_ends_with_both_secrets(client: Any, token: str, make: Make) -> None:
    old = make()
    new = rotate(client, token, old, overlap=3600).json()
    assert delete(client, token, old).status_code == 204
    assert (works(old), works(new)) == (False, False)
    assert problem(rotate(client, token, old, overlap=0)) == (404, "not_found")


def test_the_new_secret_works_for_ninety_days_unless_said(client: Any, token: str, make: Make) -> None:
    made = make(expires_in_days=1)
    days = []
    for fields in ({}, {"expires_in_days": 7}):
        new = rotate(client, token, made, overlap=0, **fields).json()
        row = ApiKey.objects.get()
        assert new["rotated_at"] is not None
        days.append((row.expires_at - (row.rotated_at or row.expires_at)).days)
    assert days == [90, 7]
