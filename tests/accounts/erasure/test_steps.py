"""The steps of an erasure run in order, and are repeated until all have succeeded."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now

from accounts import tasks
from accounts.models import User
from accounts.personal_data import ErasureStep, Phase, erasure, registry
from tests.accounts.erasure.conftest import Step, belongings, make_due, seconds_to_next_attempt


def test_the_steps_run_in_the_order_of_their_phases(alice: User, steps: dict[Phase, Step], ran: list[str]) -> None:
    erasure.begin(user_id=alice.pk)
    assert tasks.erase(alice.pk) == "done"
    assert ran == ["BILLING", "REPLIES", "CONTENT", "RECORDS", "ACCOUNT"]
    assert not User.objects.exists()


def test_an_account_without_the_mark_does_not_change(alice: User, steps: dict[Phase, Step], ran: list[str]) -> None:
    before = belongings(alice)
    assert tasks.erase(alice.pk) == "not_due"
    erasure.delete_account(user_id=alice.pk + 1)
    assert (ran, belongings(alice)) == ([], before)
    assert before


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase != Phase.ACCOUNT])
def test_a_step_that_fails_delays_the_erasure_and_skips_nothing(
    alice: User, steps: dict[Phase, Step], ran: list[str], phase: Phase, logged: Any, frozen_clock: None
) -> None:
    steps[phase].failures = 2
    erasure.begin(user_id=alice.pk)
    until = [each.name for each in Phase if each <= phase]
    for wait in (5, 10):
        assert tasks.erase(alice.pk) == "postponed"
        assert seconds_to_next_attempt(alice) == wait
        assert tasks.erase(alice.pk) == "not_due"
        make_due(alice)
    assert ran == until * 2
    assert tasks.erase(alice.pk) == "done"
    assert ran == until * 2 + [each.name for each in Phase]
    line = next(line for line in logged.getvalue().splitlines() if "erasure_postponed" in line)
    assert f"step={phase.name} " in line
    assert "cause=ValidationError" in line
    assert "text of a message" not in logged.getvalue()


def test_pauses_grow_to_ten_minutes_and_attempts_never_end(
    alice: User, steps: dict[Phase, Step], frozen_clock: None
) -> None:
    steps[Phase.BILLING].failures = 1000
    erasure.begin(user_id=alice.pk)
    pauses = []
    for _ in range(12):
        make_due(alice)
        assert tasks.erase(alice.pk) == "postponed"
        pauses.append(seconds_to_next_attempt(alice))
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600, 600, 600]
    User.objects.update(erase_attempts=2_000_000, erase_next_attempt_at=Now())
    assert tasks.erase(alice.pk) == "postponed"
    assert seconds_to_next_attempt(alice) == 600


def test_a_second_worker_skips_an_erasure_in_progress(
    alice: User, steps: dict[Phase, Step], monkeypatch: pytest.MonkeyPatch, frozen_clock: None
) -> None:
    erasure.begin(user_id=alice.pk)
    seen: list[Any] = []

    def try_to_erase(*, user_id: int) -> None:
        seen.extend([tasks.erase(user_id), erasure.due(), seconds_to_next_attempt(alice)])

    registry.register(erase=[ErasureStep(Phase.RECORDS, "try_to_erase", try_to_erase)])
    assert tasks.erase(alice.pk) == "done"
    assert seen == ["not_due", [], 60]


def test_two_workers_at_once_erase_the_account_once(
    alice: User, steps: dict[Phase, Step], ran: list[str], logged: Any
) -> None:
    erasure.begin(user_id=alice.pk)

    def overtake(*, user_id: int) -> None:
        if ran.count("RECORDS") == 1:
            make_due(alice)
            assert tasks.erase(user_id) == "done"

    registry.register(erase=[ErasureStep(Phase.RECORDS, "overtake", overtake)])
    assert tasks.erase(alice.pk) == "done"
    assert ran.count("ACCOUNT") == 2
    assert logged.getvalue().count("security.erasure_done") == 1


def test_the_sweep_publishes_what_is_due_and_nothing_else(
    alice: User, new_number: Callable[[], str], published: list[Any]
) -> None:
    postponed, active = (User.objects.create_user(new_number()) for _ in range(2))
    for each in (alice, postponed):
        erasure.begin(user_id=each.pk)
    User.objects.filter(pk=postponed.pk).update(erase_next_attempt_at=Now() + erasure.FIRST_PAUSE)
    assert tasks.erase_due() == 1
    assert published == [("accounts.tasks.erase", alice.pk)]
    assert active.erasing_at is None


def test_an_erasure_is_repeated_without_a_change(alice: User, logged: Any) -> None:
    erasure.begin(user_id=alice.pk)
    assert tasks.erase(alice.pk) == "done"
    assert tasks.erase(alice.pk) == "not_due"
    for step in registry.erasure_steps:
        step.run(user_id=alice.pk)
    done = [line for line in logged.getvalue().splitlines() if "security.erasure_done" in line]
    assert len(done) == 1
    assert f"user_id={alice.pk}" in done[0]
    assert alice.mobile_number[3:] not in done[0]
