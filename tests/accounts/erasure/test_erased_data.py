"""What an erasure deletes, and what it keeps."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts import delivery, failed_attempts, idempotency, otp, tasks
from accounts.models import FailedAttempts, IdempotencyKey, OneTimeCode, Purpose, StaffAction, User
from accounts.personal_data import erasure
from accounts.staff import audit_trail
from tests.accounts.conftest import PASSWORD, change_me, problem
from tests.accounts.erasure.conftest import ADDRESS, belongings, delete_me


def test_nothing_of_the_account_is_left(
    client: Any, alice: User, sign_in: Callable[..., Any], new_number: Callable[[], str], code_for: Callable[..., str],
    pass_time: Callable[[float], None],
) -> None:  # fmt: skip
    token = sign_in(alice.mobile_number)["access_token"]
    change_me(client, token, display_name="Asha", language="hi")
    idempotency.once(user_id=alice.pk, route="message", key="k", body={}, status=202, work=lambda: 1)
    pass_time(61)
    assert client.send("/auth/change-number", token, new_mobile_number=new_number()).status_code == 200
    code_for(alice.mobile_number, "/auth/forgot-password")
    failed_attempts.count(mobile_number=alice.mobile_number, kind=FailedAttempts.Kind.PASSWORD)
    tables = {line.split()[0] for line in belongings(alice).splitlines()}
    assert tables >= {f"accounts_{name}" for name in ("user", "session", "idempotencykey", "onetimecode", "tries")}
    erasure.begin(user_id=alice.pk)
    assert tasks.erase(alice.pk) == "done"
    assert belongings(alice) == ""
    assert not OneTimeCode.objects.exclude(mobile_number="", user=None, digest="").exists()


def test_of_a_staff_member_only_the_id_in_their_actions_stays(alice: User, new_number: Any) -> None:
    bob = User.objects.create_user(new_number())
    with audit_trail.audit_staff_action(action="disable", staff=alice, user_id=bob.pk, reason="Abuse", address=ADDRESS):
        pass
    erasure.begin(user_id=alice.pk)
    assert tasks.erase(alice.pk) == "done"
    assert [line.split()[0] for line in belongings(alice).splitlines()] == ["accounts_staffaction"]
    kept = StaffAction.objects.values_list("staff_id", "user_id", "action", "reason", "outcome", "address").get()
    assert kept == (alice.pk, bob.pk, "disable", "Abuse", "done", "")


def test_other_accounts_do_not_change(
    alice: User, sign_in: Callable[..., Any], new_number: Callable[[], str], code_for: Callable[..., str]
) -> None:
    number = new_number()
    sign_in(number, password=PASSWORD)
    bob = User.objects.get(mobile_number=number)
    idempotency.once(user_id=bob.pk, route="message", key="k", body={}, status=202, work=lambda: 1)
    code_for(number)
    failed_attempts.count(mobile_number=number, kind=FailedAttempts.Kind.CODE)
    before = belongings(bob)
    assert before.count("\n") >= 5
    erasure.begin(user_id=alice.pk)
    assert tasks.erase(alice.pk) == "done"
    assert belongings(bob) == before


def test_the_number_can_sign_up_again_and_gets_a_new_account(
    client: Any, alice: User, sign_in: Callable[..., Any]
) -> None:
    failed_attempts.count(mobile_number=alice.mobile_number, kind=FailedAttempts.Kind.CODE)
    User.objects.update(display_name="Asha")
    erasure.begin(user_id=alice.pk)
    tasks.erase(alice.pk)
    body = client.ask("/user/me", sign_in(alice.mobile_number)["access_token"]).json()
    assert body["id"] != alice.pk
    assert (body["display_name"], body["password_set"], body["is_pro"]) == ("", False, False)


def test_a_waiting_code_is_never_sent_after_the_erasure(alice: User, settings: Any) -> None:
    settings.SMS_DELIVERY = "console"
    OneTimeCode.objects.all().delete()
    otp.request(otp.CodeRequest(mobile_number=alice.mobile_number, purpose=Purpose.SIGN_IN), address=ADDRESS)
    code = OneTimeCode.objects.get()
    erasure.begin(user_id=alice.pk)
    tasks.erase(alice.pk)
    assert delivery.send(code_id=code.pk) == "gone"
    assert delivery.due() == []


def test_repeated_erasure_does_not_reset_the_sms_ceilings(
    client: Any, number: str, settings: Any, pass_time: Callable[[float], None], published: list[Any]
) -> None:
    settings.SMS_PER_PREFIX_HOUR = 3
    for _ in range(3):
        pass_time(61)
        digits = client.send("/auth/send-otp", mobile_number=number).json()["otp"]
        tokens = client.send("/auth/verify-otp", mobile_number=number, otp=digits).json()
        alice = User.objects.get()
        assert delete_me(client, tokens["access_token"]).status_code == 202
        assert tasks.erase(alice.pk) == "done"
    pass_time(61)
    assert problem(client.send("/auth/send-otp", mobile_number=number)) == (429, "too_many_codes")
    assert OneTimeCode.objects.count() == 3


def test_rows_of_the_account_are_deleted_in_batches_before_it(
    alice: User, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    from accounts.personal_data import retention

    monkeypatch.setattr(retention, "BATCH", 2)
    keys = [
        IdempotencyKey(user=alice, route="r", key_hash=str(number), body_hash="", status=202, object_id=1)
        for number in range(5)
    ]
    IdempotencyKey.objects.bulk_create(keys)
    erasure.begin(user_id=alice.pk)
    deleted: list[int] = []
    monkeypatch.setattr(User, "delete", lambda self: deleted.append(IdempotencyKey.objects.count()))
    erasure.delete_account(user_id=alice.pk)
    assert deleted == [0]
