"""Requests with `Authorization: Bearer kvk_…`."""

import io
import string
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from accounts import suspension
from accounts.api_keys import key_text
from accounts.models import ApiKey, User
from tests.accounts.api_keys.conftest import by_key, delete
from tests.accounts.conftest import problem

Make = Callable[..., dict[str, Any]]


def test_a_key_signs_its_user_in(make: Make, owner: User) -> None:
    room = by_key(make()).post("/chatroom", {"name": "Mine"}).json()
    assert room["user_id"] == owner.pk


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_taken_in_any_case(make: Make, scheme: str, client: Any) -> None:
    response = client.get("/usage", HTTP_AUTHORIZATION=f"{scheme} {make()['key']}")
    assert response.status_code == 200


def test_authentication_is_one_statement_and_a_typo_none(make: Make) -> None:
    key = make()["key"]
    by_key(key).get("/usage")  # notes the use
    with CaptureQueriesContext(connection) as queries:
        by_key(key).get("/chatroom?limit=x")
    assert [each["sql"][:30] for each in queries] == ['SELECT "accounts_apikey"."id",']
    with CaptureQueriesContext(connection) as queries:
        mistyped = key[:-1] + ("a" if key[-1] != "a" else "b")
        assert problem(by_key(mistyped).get("/chatroom")) == (401, "api_key_invalid")
    assert len(queries) == 0


def test_a_wrong_letter_anywhere_is_refused(make: Make) -> None:
    key = make()["key"]
    for place in range(len("kvk_"), len(key)):
        letter = next(each for each in string.hexdigits if each != key[place])
        wrong = key[:place] + letter + key[place + 1 :]
        with pytest.raises(key_text.ApiKeyInvalid):
            key_text.read(wrong)


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key[:-7],
        lambda key: key + "a",
        lambda key: "kvk_",
        lambda key: key.upper().replace("KVK", "kvk"),
        lambda key: "kvk_" + key[4:].replace("_", "-"),
        lambda key: key.replace("0", "\u0660").encode().decode("latin-1"),
        lambda key: str(key_text.new(uuid4())),
        lambda key: str(key_text.new(key_text.read(key).id)),
    ],
    ids=["cut off", "longer", "nothing", "capitals", "dashes", "other digits", "unknown id", "wrong secret"],
)
def test_another_text_is_not_valid(make: Make, change: Callable[[str], str]) -> None:
    key = make()["key"]
    response = by_key(change(key)).get("/usage")
    assert problem(response) == (401, "api_key_invalid")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_key_says_so_to_who_has_its_secret(make: Make) -> None:
    key = make()["key"]
    ApiKey.objects.update(expires_at=Now() + timedelta(seconds=60))
    assert by_key(key).get("/usage").status_code == 200
    ApiKey.objects.update(expires_at=Now())
    assert problem(by_key(key).get("/usage")) == (401, "api_key_expired")
    assert problem(by_key(str(key_text.new(key_text.read(key).id))).get("/usage")) == (401, "api_key_invalid")


def test_the_last_use_is_written_once_a_minute(make: Make, client: Any, token: str) -> None:
    made = make()
    assert made["last_used_at"] is None
    mine = by_key(made)
    mine.get("/usage")
    [first] = client.ask("/api-keys", token).json()
    mine.get("/usage")
    [second] = client.ask("/api-keys", token).json()
    assert second["last_used_at"] == first["last_used_at"] is not None
    ApiKey.objects.update(last_used_at=F("last_used_at") - timedelta(seconds=60))
    mine.get("/usage")
    [third] = client.ask("/api-keys", token).json()
    assert third["last_used_at"] > first["last_used_at"]


def test_a_deleted_key_ends_at_once(client: Any, token: str, make: Make) -> None:
    made, other = make(), make()
    assert delete(client, token, made).status_code == 204
    assert problem(by_key(made).get("/usage")) == (401, "api_key_ended")
    assert problem(delete(client, token, made)) == (404, "not_found")
    assert [each["id"] for each in client.ask("/api-keys", token).json()] == [other["id"]]
    assert by_key(other).get("/usage").status_code == 200


def log_out_everywhere(client: Any, token: str, owner: User) -> None:
    assert client.send("/auth/logout-all", token).status_code == 204


def disable(client: Any, token: str, owner: User) -> None:
    suspension.disable(user_id=owner.pk)


def disable_and_enable(client: Any, token: str, owner: User) -> None:
    suspension.disable(user_id=owner.pk)
    suspension.enable(user_id=owner.pk)


def erase(client: Any, token: str, owner: User) -> None:
    assert client.delete("/user/me", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 202


def lock_the_account(client: Any, token: str, owner: User) -> None:
    """Only the account, so that nothing else is a reason to refuse."""
    User.objects.filter(pk=owner.pk).update(is_active=False)


@pytest.mark.parametrize("end", [log_out_everywhere, disable, disable_and_enable, erase, lock_the_account])
def test_what_ends_every_key(client: Any, token: str, make: Make, owner: User, end: Callable[..., None]) -> None:
    keys = [make(), make()]
    end(client, token, owner)
    assert [problem(by_key(key).get("/usage")) for key in keys] == [(401, "api_key_ended")] * 2


def test_a_logout_or_a_new_password_ends_no_key(
    client: Any, number: str, make: Make, token: str, sign_in: Callable[..., Any]
) -> None:
    made = make()
    other = sign_in(number)
    assert client.send("/auth/logout", refresh_token=other["refresh_token"]).status_code == 204
    assert client.send("/auth/change-password", token, new_password="seven small elephants").status_code == 200
    assert by_key(made).get("/usage").status_code == 200


def test_no_key_reaches_a_log(make: Make, logged: io.StringIO, client: Any, token: str) -> None:
    made = make()
    mine = by_key(made)
    mine.get("/usage")
    mine.get(f"/chatroom?cursor={made['key']}")
    mine.get(f"/{made['key']}")
    by_key(made["key"] + "x").get("/usage")
    delete(client, token, made)
    mine.get("/usage")
    text = logged.getvalue()
    assert made["id"] in text, "the id is no secret"
    assert made["key"].rpartition("_")[2][:12] not in text


def test_each_event_of_a_key_is_in_the_security_log(make: Make, logged: io.StringIO, client: Any, token: str) -> None:
    first, _ = make(), make()
    client.send(f"/api-keys/{first['id']}/rotate", token, overlap=0)
    delete(client, token, first)
    client.send("/auth/logout-all", token)
    names = ("api_key_made", "api_key_rotated", "api_key_revoked", "api_keys_ended")
    assert [logged.getvalue().count(f"security.{name} ") for name in names] == [2, 1, 1, 1]
