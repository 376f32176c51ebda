from collections.abc import Callable
from typing import Any

import pytest
import structlog

from accounts.models import Session, User
from tests.accounts.conftest import field_codes, problem


def refresh(client: Any, token: str) -> Any:
    return client.send("/auth/refresh", refresh_token=token)


def test_a_refresh_gives_new_tokens(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    first = sign_in(number)
    second = refresh(client, first["refresh_token"]).json()
    assert set(second) == set(first)
    assert second["refresh_token"] != first["refresh_token"]
    assert client.ask("/user/me", second["access_token"]).status_code == 200
    assert client.ask("/user/me", first["access_token"]).status_code == 200, "it is valid until it expires"


def test_a_lost_answer_can_be_asked_for_again(
    client: Any, number: str, sign_in: Callable[..., Any], pass_time: Callable[[float], None]
) -> None:
    first = sign_in(number)["refresh_token"]
    second = refresh(client, first).json()["refresh_token"]
    pass_time(28)
    again = refresh(client, first)
    assert again.json()["refresh_token"].split(".")[1] is not None
    assert _claims(again.json()["refresh_token"])["jti"] == _claims(second)["jti"]
    assert refresh(client, second).status_code == 200, "the family is active"


def test_a_repeat_within_the_grace_gets_the_same_token(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    first = sign_in(number)["refresh_token"]
    successors = {refresh(client, first).json()["refresh_token"] for _ in range(5)}
    assert len(successors) == 1


def test_after_the_grace_a_replaced_token_ends_only_its_family(
    client: Any, number: str, sign_in: Callable[..., Any], pass_time: Callable[[float], None]
) -> None:
    other_device = sign_in(number)["refresh_token"]
    first = sign_in(number)["refresh_token"]
    tokens = refresh(client, first).json()
    pass_time(30)
    with structlog.testing.capture_logs() as lines:
        assert problem(refresh(client, first)) == (401, "token_reused")
        assert problem(refresh(client, first)) == (401, "session_ended")
    assert [line["event"] for line in lines].count("security.refresh_reuse") == 1
    assert problem(refresh(client, tokens["refresh_token"])) == (401, "session_ended")
    assert problem(client.ask("/user/me", tokens["access_token"])) == (401, "session_ended")
    assert refresh(client, other_device).status_code == 200


def test_an_earlier_token_gets_the_newest_within_the_grace(
    client: Any, number: str, sign_in: Callable[..., Any], pass_time: Callable[[float], None]
) -> None:
    first = sign_in(number)["refresh_token"]
    second = refresh(client, first).json()["refresh_token"]
    pass_time(20)
    third = refresh(client, second).json()["refresh_token"]
    assert refresh(client, first).json()["refresh_token"] == third
    pass_time(10)
    assert refresh(client, second).status_code == 200, "it was replaced ten seconds ago"
    assert problem(refresh(client, first)) == (401, "token_reused"), "and this one thirty seconds ago"
    assert problem(refresh(client, third)) == (401, "session_ended")


def test_only_the_last_few_tokens_are_remembered(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    token = first = sign_in(number)["refresh_token"]
    for _ in range(9):
        token = refresh(client, token).json()["refresh_token"]
    assert len(Session.objects.get().replaced) == 8
    assert problem(refresh(client, first)) == (401, "token_reused")


def test_a_token_of_thirty_days_ago_has_expired(
    client: Any, number: str, sign_in: Callable[..., Any], pass_time: Callable[[float], None]
) -> None:
    token = sign_in(number)["refresh_token"]
    pass_time(30 * 86_400)
    assert problem(refresh(client, token)) == (401, "token_expired")
    assert Session.objects.get().revoked_at is None, "nothing was stolen"


def test_a_family_of_ninety_days_has_expired(
    client: Any, number: str, sign_in: Callable[..., Any], pass_time: Callable[[float], None]
) -> None:
    token = sign_in(number)["refresh_token"]
    for _ in range(3):
        pass_time(29 * 86_400)
        token = refresh(client, token).json()["refresh_token"]
    session = Session.objects.get()
    assert _claims(token)["exp"] == int(session.created_at.timestamp()) + 90 * 86_400
    pass_time(3 * 86_400)
    assert problem(refresh(client, token)) == (401, "token_expired")


def test_a_deleted_users_token_is_refused_and_not_an_error(
    client: Any, number: str, sign_in: Callable[..., Any]
) -> None:
    tokens = sign_in(number)
    User.objects.all().delete()
    assert problem(refresh(client, tokens["refresh_token"])) == (401, "session_ended")
    assert problem(client.ask("/user/me", tokens["access_token"])) == (401, "session_ended")


def test_an_access_token_does_not_refresh(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    assert problem(refresh(client, sign_in(number)["access_token"])) == (401, "token_invalid")


def test_without_a_token_there_is_nothing_to_refresh(client: Any) -> None:
    assert field_codes(client.send("/auth/refresh")) == {("refresh_token", "required")}


@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/logout"])
def test_by_cookie_the_header_is_needed(client: Any, number: str, sign_in: Callable[..., Any], path: str) -> None:
    body = sign_in(number, cookie=True)
    assert "refresh_token" not in body
    assert problem(client.send(path)) == (403, "missing_header")
    assert Session.objects.get().previous_jti is None
    assert Session.objects.get().revoked_at is None


def test_the_cookie_goes_to_auth_alone_and_no_script_reads_it(
    client: Any, number: str, sign_in: Callable[..., Any], settings: Any
) -> None:
    settings.DEBUG = False
    settings.SECURE_SSL_REDIRECT = False
    sign_in(number, cookie=True)
    cookie = client.cookies["refresh_token"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"], cookie["secure"]) == ("/auth", True, "Strict", True)
    assert _claims(cookie.value)["token_type"] == "refresh"
    assert 0 <= 30 * 86_400 - int(cookie["max-age"]) <= 120


def test_the_cookie_is_rotated(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    sign_in(number, cookie=True)
    before = client.cookies["refresh_token"].value
    response = client.post("/auth/refresh", headers={"X-Requested-With": "fetch"})
    assert response.status_code == 200
    assert "refresh_token" not in response.json()
    assert client.cookies["refresh_token"].value != before


def test_signing_out_deletes_the_cookie(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    sign_in(number, cookie=True)
    assert client.post("/auth/logout", headers={"X-Requested-With": "fetch"}).status_code == 204
    assert client.cookies["refresh_token"].value == ""
    assert Session.objects.get().revoked_at is not None


def _claims(token: str) -> dict[str, Any]:
    import jwt

    return dict(jwt.decode(token, options={"verify_signature": False}))
