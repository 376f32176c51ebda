"""An erasure finds the numbers that its account has left, or only asked for, too."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts import credentials, failed_attempts, tasks
from accounts.exceptions import InvalidCode, SessionEnded
from accounts.models import FailedAttempts, OneTimeCode, StaffAction, User
from accounts.personal_data import erasure
from accounts.staff import audit_trail
from tests.accounts.conftest import problem, wrong

ADDRESS = "192.0.2.1"


@pytest.fixture
def user(sign_in: Callable[..., Any], number: str, monkeypatch: pytest.MonkeyPatch) -> User:
    """Somebody whose erasure no worker begins."""
    monkeypatch.setattr("accounts.personal_data.erasure.publish", lambda *_: True)
    sign_in(number)
    return User.objects.get(mobile_number=number)


def test_nothing_of_a_number_that_was_left_or_asked_for_is_left(
    client: Any, user: User, sign_in: Callable[..., Any], new_number: Callable[[], str], code_for: Callable[..., str],
    pass_time: Callable[[float], None],
) -> None:  # fmt: skip
    first, second, third = user.mobile_number, new_number(), new_number()
    with audit_trail.audit_staff_action(
        action="unlock", target=audit_trail.alias_of(first), reason="They called twice."
    ):
        pass
    token = sign_in(first)["access_token"]
    failed_attempts.count(mobile_number=first, kind=FailedAttempts.Kind.PASSWORD)
    pass_time(61)
    codes = client.send("/auth/change-number", token, new_mobile_number=second).json()
    both = {"otp": codes["otp"], "new_otp": codes["new_otp"]}
    assert client.send("/auth/change-number/confirm", token, **both).status_code == 200
    token = sign_in(second)["access_token"]
    pass_time(61)
    codes = client.send("/auth/change-number", token, new_mobile_number=third).json()
    wrong_codes = {"otp": codes["otp"], "new_otp": wrong(codes["new_otp"])}
    assert problem(client.send("/auth/change-number/confirm", token, **wrong_codes)) == (400, "invalid_code")
    assert FailedAttempts.objects.get(mobile_number=third).failures == 1
    erasure.begin(user_id=user.pk)
    assert tasks.erase(user.pk) == "done"
    assert not OneTimeCode.objects.exclude(mobile_number="", user=None, digest="").exists()
    assert not FailedAttempts.objects.exists()
    assert StaffAction.objects.values_list("action", "user", "target", "reason").get() == ("unlock", None, "", "")


def test_failed_tries_at_somebody_elses_number_stay(
    client: Any, user: User, sign_in: Callable[..., Any], new_number: Callable[[], str],
    pass_time: Callable[[float], None],
) -> None:  # fmt: skip
    other = User.objects.create_user(new_number())
    token = sign_in(user.mobile_number)["access_token"]
    pass_time(61)
    codes = client.send("/auth/change-number", token, new_mobile_number=other.mobile_number).json()
    client.send("/auth/change-number/confirm", token, otp=codes["otp"], new_otp=wrong(codes["new_otp"]))
    erasure.begin(user_id=user.pk)
    assert tasks.erase(user.pk) == "done"
    assert FailedAttempts.objects.get(mobile_number=other.mobile_number).failures == 1


@pytest.mark.parametrize("cause", ["erasing", "gone", "moved"])
def test_a_change_of_number_that_was_let_in_before_is_refused(
    user: User, new_number: Callable[[], str], cause: str
) -> None:
    before = User.objects.get(pk=user.pk)
    if cause == "moved":
        User.objects.filter(pk=user.pk).update(mobile_number=new_number())
    else:
        erasure.begin(user_id=user.pk)
    if cause == "gone":
        assert tasks.erase(user.pk) == "done"
    codes = list(OneTimeCode.objects.values())
    with pytest.raises(SessionEnded):
        credentials.request_change_of_number(user=before, new_number=new_number(), address=ADDRESS)
    assert list(OneTimeCode.objects.values()) == codes


def test_a_confirmation_that_was_let_in_before_the_mark_changes_nothing(
    client: Any, user: User, sign_in: Callable[..., Any], new_number: Callable[[], str],
    pass_time: Callable[[float], None],
) -> None:  # fmt: skip
    token = sign_in(user.mobile_number)["access_token"]
    pass_time(61)
    codes = client.send("/auth/change-number", token, new_mobile_number=new_number()).json()
    erasure.begin(user_id=user.pk)
    with pytest.raises(InvalidCode):
        credentials.change_number(user=user, digits=codes["otp"], new_digits=codes["new_otp"])
    assert User.objects.get(pk=user.pk).mobile_number == user.mobile_number
