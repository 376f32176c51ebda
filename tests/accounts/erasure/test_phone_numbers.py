"""An erasure also finds the phone numbers that its account had before, or only asked to change to."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts import credentials, failed_attempts, tasks
from accounts.exceptions import InvalidCode, SessionEnded
from accounts.models import FailedAttempts, OneTimeCode, StaffAction, User
from accounts.personal_data import erasure
from accounts.staff import audit_trail
from tests.accounts.conftest import problem, wrong
from tests.accounts.erasure.conftest import ADDRESS


def test_rows_of_earlier_and_requested_numbers_are_erased(
    client: Any, alice: User, sign_in: Callable[..., Any], new_number: Callable[[], str], code_for: Callable[..., str],
    pass_time: Callable[[float], None],
) -> None:  # fmt: skip
    first, second, third = alice.mobile_number, new_number(), new_number()
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
    erasure.begin(user_id=alice.pk)
    assert tasks.erase(alice.pk) == "done"
    assert not OneTimeCode.objects.exclude(mobile_number="", user=None, digest="").exists()
    assert not FailedAttempts.objects.exists()
    assert StaffAction.objects.values_list("action", "user", "target", "reason").get() == ("unlock", None, "", "")


def test_failed_attempts_at_the_number_of_another_account_stay(
    client: Any, alice: User, sign_in: Callable[..., Any], new_number: Callable[[], str],
    pass_time: Callable[[float], None],
) -> None:  # fmt: skip
    bob = User.objects.create_user(new_number())
    token = sign_in(alice.mobile_number)["access_token"]
    pass_time(61)
    codes = client.send("/auth/change-number", token, new_mobile_number=bob.mobile_number).json()
    client.send("/auth/change-number/confirm", token, otp=codes["otp"], new_otp=wrong(codes["new_otp"]))
    erasure.begin(user_id=alice.pk)
    assert tasks.erase(alice.pk) == "done"
    assert FailedAttempts.objects.get(mobile_number=bob.mobile_number).failures == 1


@pytest.mark.parametrize("cause", ["erasing", "gone", "moved"])
def test_a_change_of_number_in_progress_is_refused(alice: User, new_number: Callable[[], str], cause: str) -> None:
    before = User.objects.get(pk=alice.pk)
    if cause == "moved":
        User.objects.filter(pk=alice.pk).update(mobile_number=new_number())
    else:
        erasure.begin(user_id=alice.pk)
    if cause == "gone":
        assert tasks.erase(alice.pk) == "done"
    codes = list(OneTimeCode.objects.values())
    with pytest.raises(SessionEnded):
        credentials.request_change_of_number(user=before, new_number=new_number(), address=ADDRESS)
    assert list(OneTimeCode.objects.values()) == codes


def test_a_confirmation_in_progress_changes_nothing(
    client: Any, alice: User, sign_in: Callable[..., Any], new_number: Callable[[], str],
    pass_time: Callable[[float], None],
) -> None:  # fmt: skip
    token = sign_in(alice.mobile_number)["access_token"]
    pass_time(61)
    codes = client.send("/auth/change-number", token, new_mobile_number=new_number()).json()
    erasure.begin(user_id=alice.pk)
    with pytest.raises(InvalidCode):
        credentials.change_number(user=alice, digits=codes["otp"], new_digits=codes["new_otp"])
    assert User.objects.get(pk=alice.pk).mobile_number == alice.mobile_number
