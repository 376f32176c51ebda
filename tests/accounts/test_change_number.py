from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import FailedAttempts, OneTimeCode, Purpose, Session, User
from tests.accounts.conftest import PASSWORD, field_codes, problem, wrong


@pytest.fixture
def ask(client: Any, pass_time: Callable[[float], None]) -> Callable[..., Any]:
    def send(token: str, new_number: str) -> Any:
        pass_time(61)
        return client.send("/auth/change-number", token, new_mobile_number=new_number)

    return send


def confirm(client: Any, token: str, codes: dict[str, str]) -> Any:
    return client.send("/auth/change-number/confirm", token, otp=codes["otp"], new_otp=codes["new_otp"])


def test_both_codes_change_the_number_and_end_every_session(
    client: Any, new_number: Callable[[], str], sign_in: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    old, new = new_number(), new_number()
    token = sign_in(old)["access_token"]
    codes = ask(token, new).json()
    assert set(codes) == {"message", "expires_in", "resend_after", "otp", "new_otp"}
    assert confirm(client, token, codes).status_code == 200
    assert problem(client.ask("/user/me", token)) == (401, "session_ended")
    assert not Session.objects.filter(revoked_at=None).exists()
    sign_in(new)
    assert User.objects.get().mobile_number == new


@pytest.mark.parametrize("forged", ["otp", "new_otp"])
def test_one_wrong_code_changes_nothing(
    client: Any, new_number: Callable[[], str], sign_in: Callable[..., Any], ask: Callable[..., Any], forged: str
) -> None:
    old = new_number()
    token = sign_in(old)["access_token"]
    codes = ask(token, new_number()).json()
    assert problem(confirm(client, token, {**codes, forged: wrong(codes[forged])})) == (400, "invalid_code")
    assert User.objects.get().mobile_number == old
    assert client.ask("/user/me", token).status_code == 200
    assert confirm(client, token, codes).status_code == 200, "the right code was not spent by the wrong one"


def test_the_codes_are_not_interchangeable(
    client: Any, new_number: Callable[[], str], sign_in: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    token = sign_in(new_number())["access_token"]
    codes = ask(token, new_number()).json()
    swapped = {"otp": codes["new_otp"], "new_otp": codes["otp"]}
    if codes["otp"] != codes["new_otp"]:
        assert problem(confirm(client, token, swapped)) == (400, "invalid_code")


def test_only_the_owner_of_a_taken_number_learns_that_it_is(
    client: Any, new_number: Callable[[], str], sign_in: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    old, taken, free = new_number(), new_number(), new_number()
    User.objects.create_user(taken, PASSWORD)
    token = sign_in(old)["access_token"]
    open_response, codes = ask(token, free), ask(token, taken)
    assert (codes.status_code, set(codes.json())) == (open_response.status_code, set(open_response.json()))
    forged = {**codes.json(), "new_otp": wrong(codes.json()["new_otp"])}
    assert problem(confirm(client, token, forged)) == (400, "invalid_code")
    assert problem(confirm(client, token, codes.json())) == (409, "number_taken")
    assert User.objects.filter(mobile_number=old).exists()
    assert client.ask("/user/me", token).status_code == 200


def test_the_number_asked_for_last_counts(
    client: Any, new_number: Callable[[], str], sign_in: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    token = sign_in(new_number())["access_token"]
    first, last = new_number(), new_number()
    stale = ask(token, first).json()
    codes = ask(token, last).json()
    assert problem(confirm(client, token, {**codes, "new_otp": wrong(codes["new_otp"])})) == (400, "invalid_code")
    if stale["new_otp"] != codes["new_otp"]:
        assert problem(confirm(client, token, {**codes, "new_otp": stale["new_otp"]})) == (400, "invalid_code")
    assert confirm(client, token, codes).status_code == 200
    assert User.objects.get().mobile_number == last


def test_without_asking_there_is_nothing_to_confirm(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    token = sign_in(number)["access_token"]
    response = confirm(client, token, {"otp": "123456", "new_otp": "123456"})
    assert problem(response) == (400, "invalid_code")


def test_codes_of_another_user_do_not_work(
    client: Any, new_number: Callable[[], str], sign_in: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    mine, theirs, wanted = new_number(), new_number(), new_number()
    my_token, their_token = sign_in(mine)["access_token"], sign_in(theirs)["access_token"]
    theirs_codes, my_codes = ask(their_token, wanted).json(), ask(my_token, wanted).json()
    if theirs_codes["new_otp"] != my_codes["new_otp"]:
        mixed = {**my_codes, "new_otp": theirs_codes["new_otp"]}
        assert problem(confirm(client, my_token, mixed)) == (400, "invalid_code")
    assert set(User.objects.values_list("mobile_number", flat=True)) == {mine, theirs}


def test_the_own_number_is_no_new_one(
    client: Any, number: str, sign_in: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    token = sign_in(number)["access_token"]
    assert field_codes(ask(token, number)) == {("new_mobile_number", "same_number")}
    assert not OneTimeCode.objects.exclude(purpose=Purpose.SIGN_IN).exists()


def test_a_refused_second_code_takes_the_first_back(
    client: Any, new_number: Callable[[], str], sign_in: Callable[..., Any], pass_time: Callable[[float], None]
) -> None:
    token = sign_in(new_number())["access_token"]
    busy = new_number()
    pass_time(61)
    client.send("/auth/send-otp", mobile_number=busy)
    sent = OneTimeCode.objects.count()
    response = client.send("/auth/change-number", token, new_mobile_number=busy)
    assert problem(response) == (429, "too_many_codes")
    assert OneTimeCode.objects.count() == sent


def test_failures_count_at_the_number_whose_code_was_wrong(
    client: Any, new_number: Callable[[], str], sign_in: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    old, new = new_number(), new_number()
    token = sign_in(old)["access_token"]
    codes = ask(token, new).json()
    confirm(client, token, {**codes, "new_otp": wrong(codes["new_otp"])})
    assert FailedAttempts.objects.get(mobile_number=new).failures == 1
