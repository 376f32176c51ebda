from collections.abc import Callable
from typing import Any

import pytest

from accounts import failed_attempts, idempotency, otp, sessions, tasks
from accounts.models import FailedAttempts, IdempotencyKey, OneTimeCode, Purpose, Session, User
from accounts.personal_data import retention

DAY = 86_400


def test_codes_go_after_two_days(alice: User, pass_time: Callable[[float], None]) -> None:
    otp.request(otp.CodeRequest(mobile_number=alice.mobile_number, purpose=Purpose.SIGN_IN), address="192.0.2.1")
    pass_time(2 * DAY - 60)
    assert tasks.purge()["OneTimeCode"] == 0
    pass_time(60)
    assert tasks.purge()["OneTimeCode"] == 1
    assert not OneTimeCode.objects.exists()


def test_idempotency_keys_go_after_a_day(alice: User, pass_time: Callable[[float], None]) -> None:
    idempotency.once(user_id=alice.pk, route="message", key="k", body={}, status=202, work=lambda: 1)
    pass_time(DAY - 60)
    assert tasks.purge()["IdempotencyKey"] == 0
    pass_time(60)
    assert tasks.purge()["IdempotencyKey"] == 1
    assert not IdempotencyKey.objects.exists()


def test_sessions_go_ninety_days_after_their_end(alice: User, pass_time: Callable[[float], None]) -> None:
    living, ended = (sessions.start(user=alice, method=Session.Method.CODE, user_agent="") for _ in range(2))
    sessions.end(user_id=alice.pk, session_id=ended.pk)
    pass_time(90 * DAY - 60)
    assert tasks.purge()["Session"] == 0
    pass_time(60)
    assert tasks.purge()["Session"] == 1
    pass_time(30 * DAY)
    assert Session.objects.get().pk == living.pk
    assert tasks.purge()["Session"] == 1, "its refresh token ran out 90 days ago"


def test_failures_of_an_account_stay_and_those_of_a_stranger_go(
    alice: User, new_number: Callable[[], str], pass_time: Callable[[float], None]
) -> None:
    for number in (alice.mobile_number, new_number()):
        failed_attempts.count(mobile_number=number, kind=FailedAttempts.Kind.PASSWORD)
    pass_time(30 * DAY)
    assert tasks.purge()["FailedAttempts"] == 1
    assert FailedAttempts.objects.get().mobile_number == alice.mobile_number


def test_a_forgotten_count_goes_and_a_lock_stays(alice: User, pass_time: Callable[[float], None]) -> None:
    failed_attempts.count(mobile_number=alice.mobile_number, kind=FailedAttempts.Kind.CODE)
    failed_attempts.reset(mobile_number=alice.mobile_number, kind=FailedAttempts.Kind.CODE)
    for _ in range(20):
        failed_attempts.count(mobile_number="+919876543210", kind=FailedAttempts.Kind.CODE)
    FailedAttempts.objects.filter(failures=20).update(failures=99)
    FailedAttempts.objects.filter(failures=99).update(locked_until=None)
    failed_attempts.count(mobile_number="+919876543210", kind=FailedAttempts.Kind.CODE)
    pass_time(40 * DAY)
    assert tasks.purge()["FailedAttempts"] == 1
    assert FailedAttempts.objects.get().failures == 100


def test_purge_deletes_in_batches_and_keeps_all_other_rows(
    alice: User, pass_time: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    rows = [
        IdempotencyKey(user=alice, route="r", key_hash=str(number), body_hash="", status=202, object_id=1)
        for number in range(5)
    ]
    IdempotencyKey.objects.bulk_create(rows)
    pass_time(DAY)
    assert tasks.purge()["IdempotencyKey"] == 5
    assert User.objects.get() == alice
