"""A code is good for one number, one purpose and one request (ASVS 6.6.2)."""

from collections.abc import Callable

import pytest

from accounts import otp
from accounts.codes import digest_of
from accounts.exceptions import InvalidCode
from accounts.models import OneTimeCode, Purpose, User

PURPOSES = (Purpose.SIGN_IN, Purpose.RESET_PASSWORD, Purpose.CHANGE_NUMBER_NEW)


@pytest.mark.parametrize("same_number", [True, False])
@pytest.mark.parametrize("used_for", PURPOSES)
@pytest.mark.parametrize("made_for", PURPOSES)
def test_a_code_is_good_for_its_own_number_and_purpose_alone(
    db: None, new_number: Callable[[], str], pass_time: Callable[[float], None], made_for: Purpose, used_for: Purpose,
    same_number: bool,
) -> None:  # fmt: skip
    user = User.objects.create_user(new_number())

    def order(number: str, purpose: Purpose) -> otp.CodeRequest:
        return otp.CodeRequest(
            mobile_number=number, purpose=purpose, user_id=user.pk if purpose == Purpose.CHANGE_NUMBER_NEW else None
        )

    mine, other = new_number(), new_number()
    used_at = mine if same_number else other
    # A code is active for each pair, so that a refusal means that the code belongs to another one.
    for pair in {(used_at, purpose) for purpose in PURPOSES}:
        otp.request(order(*pair), address="192.0.2.1")
        pass_time(61)
    [digits] = otp.request(order(mine, made_for), address="192.0.2.1")
    assert digits
    proof = otp.CodeAttempt(request=order(used_at, used_for), digits=digits)
    if same_number and made_for == used_for:
        otp.prove(proof)
    elif _differs(proof):
        with pytest.raises(InvalidCode):
            otp.prove(proof)


def _differs(proof: otp.CodeAttempt) -> bool:
    """Whether the digits are not, by one chance in a million, those of the other code too."""
    asked = proof.request
    code = OneTimeCode.objects.filter(
        mobile_number=asked.mobile_number, purpose=asked.purpose, user_id=asked.user_id
    ).latest("pk")
    return code.digest != digest_of(code, proof.digits)


def test_a_code_of_another_user_is_refused(db: None, new_number: Callable[[], str]) -> None:
    asker, other = User.objects.create_user(new_number()), User.objects.create_user(new_number())
    number = new_number()
    mine = otp.CodeRequest(mobile_number=number, purpose=Purpose.CHANGE_NUMBER_NEW, user_id=asker.pk)
    [digits] = otp.request(mine, address="192.0.2.1")
    theirs = otp.CodeRequest(mobile_number=number, purpose=Purpose.CHANGE_NUMBER_NEW, user_id=other.pk)
    with pytest.raises(InvalidCode):
        otp.prove(otp.CodeAttempt(request=theirs, digits=digits or ""))
    otp.prove(otp.CodeAttempt(request=mine, digits=digits or ""))


def test_equal_digits_have_different_digests(db: None, new_number: Callable[[], str]) -> None:
    codes = [
        OneTimeCode(pk=pk, mobile_number=number, purpose=purpose, user_id=user)
        for pk in (1, 2)
        for number in ("+919876543210", "+919876543211")
        for purpose in PURPOSES
        for user in (None, 1, 2)
    ]
    assert len({digest_of(code, "123456") for code in codes}) == len(codes)
