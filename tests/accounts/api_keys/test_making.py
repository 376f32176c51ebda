"""`POST, GET /api-keys`."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.api_keys import keys
from accounts.models import ApiKey, User
from tests.accounts.api_keys.conftest import by_key, delete
from tests.accounts.conftest import field_codes, problem

Make = Callable[..., dict[str, Any]]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_key_is_shown_once_and_kept_as_a_hash(client: Any, token: str, make: Make) -> None:
    made = make(name="Nightly report")
    assert re.fullmatch(r"kvk_[0-9a-f]{32}_[0-9A-Za-z]{49}", made["key"])
    assert made["key"].startswith(made["prefix"])
    [listed] = client.ask("/api-keys", token).json()
    assert listed == {name: value for name, value in made.items() if name != "key"}
    secret = made["key"].rpartition("_")[2]
    assert secret[:20] not in str(ApiKey.objects.values().get())


def test_a_key_works_for_ninety_days_unless_said(make: Make) -> None:
    usual, longest = make(), make(expires_in_days=365)
    lifetimes = [moment(each["expires_at"]) - moment(each["created_at"]) for each in (usual, longest)]
    assert lifetimes == [timedelta(days=90), timedelta(days=365)]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("expires_in_days", 366, "max_value"),
        ("expires_in_days", 0, "min_value"),
        ("name", "", "blank"),
        ("name", "x" * 81, "max_length"),
        ("scopes", ["billing"], "invalid_choice"),
        ("scopes", ["files", "files"], "duplicate"),
        ("scopes", None, "null"),
        ("models", ["a", "a"], "duplicate"),
        ("models", [f"model-{number}" for number in range(21)], "max_length"),
        ("daily_units", -1, "min_value"),
        ("daily_units", 10**7, "max_value"),
    ],
)
def test_what_a_key_cannot_be(client: Any, token: str, field: str, value: Any, code: str) -> None:
    response = client.send("/api-keys", token, **{"name": "Program", "scopes": ["files"], field: value})
    assert {each for _, each in field_codes(response)} == {code}
    assert not ApiKey.objects.exists()


def test_a_key_says_its_scopes(client: Any, token: str) -> None:
    assert field_codes(client.send("/api-keys", token, name="Program")) == {("scopes", "required")}


def test_an_empty_list_of_scopes_is_nothing(make: Make) -> None:
    mine = by_key(make(scopes=[]))
    assert [problem(mine.get(path)) for path in ("/chatroom", "/usage")] == [(403, "scope_missing")] * 2


def test_the_database_knows_the_scopes(owner: User) -> None:
    with pytest.raises(IntegrityError, match="api_key_scopes_are_known"):
        ApiKey.objects.create(user=owner, name="x", secret_hash="x", scopes=["billing"], expires_at="2030-01-01T00:00Z")


def test_ten_minutes_after_the_sign_in_it_is_too_late(
    client: Any, token: str, make: Make, pass_time: Callable[[float], None]
) -> None:
    pass_time(595)
    made = make()
    pass_time(5)
    assert problem(client.send("/api-keys", token, name="Program", scopes=[])) == (403, "recent_sign_in_required")
    late = client.send(f"/api-keys/{made['id']}/rotate", token, overlap=0)
    assert problem(late) == (403, "recent_sign_in_required")
    assert by_key(made).get("/usage").status_code == 200, "it was not rotated"


def test_a_refresh_does_not_make_the_sign_in_recent_again(
    client: Any, number: str, sign_in: Callable[..., Any], pass_time: Callable[[float], None]
) -> None:
    first = sign_in(number)["refresh_token"]
    pass_time(600)
    token = client.send("/auth/refresh", refresh_token=first).json()["access_token"]
    assert problem(client.send("/api-keys", token, name="Program", scopes=[])) == (403, "recent_sign_in_required")


def test_a_user_has_twenty_keys_at_most(client: Any, token: str, make: Make, owner: User) -> None:
    first = make()
    ApiKey.objects.bulk_create(
        ApiKey(user=owner, name="x", secret_hash="x", expires_at="2020-01-01T00:00Z") for _ in range(keys.MOST - 1)
    )
    refused = client.send("/api-keys", token, name="Program", scopes=[])
    assert problem(refused) == (409, "too_many_api_keys")
    assert delete(client, token, first).status_code == 204
    make()


def test_making_keys_is_limited_per_minute(client: Any, token: str, make: Make) -> None:
    for _ in range(10):
        make()
    refused = client.send("/api-keys", token, name="Program", scopes=[])
    assert problem(refused) == (429, "too_many_requests")
    assert ApiKey.objects.count() == 10


def test_a_stranger_sees_and_ends_no_key(
    client: Any, make: Make, new_number: Callable[[], str], sign_in: Callable[..., Any]
) -> None:
    made = make()
    theirs = sign_in(new_number())["access_token"]
    assert client.ask("/api-keys", theirs).json() == []
    assert problem(delete(client, theirs, made)) == (404, "not_found")
    assert problem(client.send(f"/api-keys/{made['id']}/rotate", theirs, overlap=0)) == (404, "not_found")
    assert by_key(made).get("/usage").status_code == 200
