"""Sign-in to the admin: a phone number in any spelling, a password, and a code that works once."""

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django_otp.plugins.otp_static.models import StaticToken

from accounts.models import User
from accounts.staff import second_factor
from tests.admin.conftest import PASSWORD, code_of, is_signed_in, sign_in

pytestmark = pytest.mark.django_db


def test_number_password_and_code_sign_in(make_staff: Callable[..., User]) -> None:
    staff = make_staff("support")
    assert is_signed_in(sign_in(staff.mobile_number, code_of()))


def test_any_spelling_of_the_number_works(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    assert is_signed_in(sign_in(f"0{number[3:8]} {number[8:]}", code_of()))


@pytest.mark.parametrize("code", ["", "000000", "12345", "abcdefgh"])
def test_a_missing_or_wrong_code_is_refused(make_staff: Callable[..., User], code: str) -> None:
    assert not is_signed_in(sign_in(make_staff("support").mobile_number, code))


def test_a_code_works_once(make_staff: Callable[..., User]) -> None:
    number, code = make_staff("support").mobile_number, code_of()
    assert is_signed_in(sign_in(number, code))
    assert not is_signed_in(sign_in(number, code))


def test_a_recovery_code_works_once(make_staff: Callable[..., User]) -> None:
    staff = make_staff("support")
    code = second_factor.issue(user=staff).codes[3]
    assert is_signed_in(sign_in(staff.mobile_number, code))
    assert not is_signed_in(sign_in(staff.mobile_number, code))


def test_spaces_hyphens_and_capitals_in_codes_are_ignored(make_staff: Callable[..., User]) -> None:
    staff = make_staff("support")
    code = code_of()
    assert is_signed_in(sign_in(staff.mobile_number, f" {code[:3]} {code[3:]}"))
    for typed in (str.upper, str.capitalize, lambda code: f"{code[:4]}-{code[4:8]} {code[8:]}"):
        fresh = second_factor.issue(user=staff).codes[0]
        assert is_signed_in(sign_in(staff.mobile_number, typed(fresh)))


def test_a_stored_recovery_code_does_not_sign_in(make_staff: Callable[..., User]) -> None:
    staff = make_staff("support")
    codes = second_factor.issue(user=staff).codes
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == len(codes)
    assert not kept & set(codes)
    assert not is_signed_in(sign_in(staff.mobile_number, kept.pop()))


def test_a_wrong_password_is_refused_despite_a_right_code(make_staff: Callable[..., User]) -> None:
    assert not is_signed_in(
        sign_in(make_staff("support").mobile_number, code_of(), password="another passphrase altogether")
    )


def test_a_user_who_is_not_staff_is_refused(make_staff: Callable[..., User]) -> None:
    staff = make_staff("support")
    User.objects.filter(pk=staff.pk).update(is_staff=False)
    assert not is_signed_in(sign_in(staff.mobile_number, code_of()))


def test_a_session_without_second_factor_opens_no_page(make_staff: Callable[..., User]) -> None:
    client = Client()
    client.force_login(make_staff("operator"), backend="accounts.staff.backend.StaffBackend")
    for path in ("/admin/", "/admin/accounts/user/", "/admin/search/?s=a", "/admin/billing/tier/"):
        assert client.get(path).status_code == 302, path


def test_a_disabled_account_is_signed_out_at_once(staff_client: Client, support: User) -> None:
    assert is_signed_in(staff_client)
    User.objects.filter(pk=support.pk).update(is_active=False)
    assert not is_signed_in(staff_client)


def test_the_sixth_attempt_from_one_address_is_429(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    for _ in range(5):
        sign_in(number, code_of(), password="wrong wrong wrong wrong")
    locked = Client().post("/admin/login/", {"username": number, "password": PASSWORD, "otp_token": code_of()})
    assert locked.status_code == 429


def test_other_spellings_allow_no_more_attempts(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    spellings = [number, f"0{number[3:]}", f"0091{number[3:]}", f"{number[:6]} {number[6:]}", f"({number})"]
    for spelling in spellings:
        sign_in(spelling, code_of(), password="wrong wrong wrong wrong")
    assert not is_signed_in(sign_in(number, code_of()))


def test_strangers_cannot_lock_staff_out(make_staff: Callable[..., User], settings: Any) -> None:
    settings.PROXY_HOPS = 1
    number = make_staff("support").mobile_number
    for stranger in range(20):
        sign_in(number, "000000", password="wrong wrong wrong wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{stranger}")
        sign_in(number, "000000", password="wrong wrong wrong wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{stranger}")
    client = sign_in(number, code_of(), HTTP_X_FORWARDED_FOR="198.51.100.7")
    assert client.get("/admin/", HTTP_X_FORWARDED_FOR="198.51.100.7").status_code == 200


def test_an_invented_address_does_not_unlock(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    for attempt in range(6):
        sign_in(number, "0", password="wrong wrong wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{attempt}")
    assert not is_signed_in(sign_in(number, code_of(), HTTP_X_FORWARDED_FOR="198.51.100.7"))


def test_failed_attempts_store_no_number_and_no_secret(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    sign_in(number, "123456", password="wrong wrong wrong wrong")
    row = str(AccessAttempt.objects.values().get())
    for secret in (number, number[3:], "wrong wrong", "123456"):
        assert secret not in row


def test_a_success_resets_the_count(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    for _ in range(4):
        sign_in(number, "000000", password="wrong wrong wrong wrong")
    assert is_signed_in(sign_in(number, code_of()))
    assert not AccessAttempt.objects.exists()


def test_admin_pages_load_nothing_from_other_hosts(staff_client: Client) -> None:
    for path in ("/admin/", "/admin/login/"):
        page = staff_client.get(path, follow=True)
        assert "default-src 'none'" in page["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
        assert 'src="http' not in page.content.decode()


def test_the_api_keeps_its_own_policy() -> None:
    policy = Client().get("/tiers")["Content-Security-Policy"]
    assert set(policy.split("; ")) == {"default-src 'none'", "frame-ancestors 'none'"}


def test_an_admin_session_does_not_open_the_api(staff_client: Client) -> None:
    assert staff_client.get("/user/me").status_code == 401
