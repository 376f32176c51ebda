"""With any actions in any order, the counter is the sum of the ledger, from 0 to the limit."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing import quota
from billing.exceptions import QuotaExceeded
from billing.models import DailyUsage, LedgerEntry, Tier
from chatrooms import conversation, rooms
from chatrooms.exceptions import ReplyInProgress, ReplyIsFinal
from chatrooms.models import Reply, Status
from chatrooms.replies import lifecycle, stopping
from gemini.types import FinishReason, Usage
from tests.factories import make_user

pytestmark = pytest.mark.django_db

CAP = 4
NOTHING = Usage(prompt_tokens=None, output_tokens=None)


class Books(RuleBasedStateMachine):
    """One user with two rooms, a worker, and a clock that passes midnight, in any order of actions."""

    move: Callable[[datetime], None]
    happened: Counter[str]

    @initialize()
    def begin(self) -> None:
        self.moment = datetime(2028, 2, 28, 22, tzinfo=UTC)
        self.move(self.moment)
        self.user = make_user()
        self.rooms = [rooms.create(user_id=self.user.pk, name=name).pk for name in ("one", "two")]

    @property
    def mine(self) -> "list[Reply]":
        return list(Reply.objects.filter(user=self.user).order_by("pk"))

    def one(self, number: int, *statuses: Status) -> Reply | None:
        found = [reply for reply in self.mine if reply.is_current and (not statuses or reply.status in statuses)]
        return found[number % len(found)] if found else None

    def charged(self, what: str, ask: Callable[[], object]) -> None:
        """Ask for a reply; that is accepted exactly while the day has a unit left."""
        left = quota.allowance_of(user_id=self.user.pk).used < CAP
        try:
            ask()
        except QuotaExceeded:
            assert not left
        except ReplyInProgress:
            return
        else:
            assert left
            self.happened[what] += 1

    @rule(room=st.integers(0, 1))
    def send(self, room: int) -> None:
        self.charged("send", lambda: conversation.send(user_id=self.user.pk, room_id=self.rooms[room], content="Hello"))

    @rule(number=st.integers(0, 9))
    def regenerate(self, number: int) -> None:
        if reply := self.one(number):
            self.charged(
                "regenerate", lambda: conversation.regenerate(user_id=self.user.pk, message_id=reply.answers_id)
            )

    @rule(number=st.integers(0, 9))
    def retry(self, number: int) -> None:
        if reply := self.one(number, Status.FAILED):
            self.charged("retry", lambda: conversation.retry(user_id=self.user.pk, message_id=reply.answers_id))

    @rule(number=st.integers(0, 9), times=st.integers(1, 3), retryable=st.booleans())
    def fail(self, number: int, times: int, retryable: bool) -> None:
        """Report a failure several times; it counts once."""
        if claimed := self.claim(number):
            refunds = [
                lifecycle.fail(reply=claimed, error="blocked", retryable=retryable, usage=NOTHING) for _ in range(times)
            ]
            assert refunds == [True] + [False] * (times - 1)
            self.happened["fail"] += 1

    @rule(number=st.integers(0, 9))
    def finish(self, number: int) -> None:
        if claimed := self.claim(number):
            lifecycle.finish(reply=claimed, text="x", model="m", finish_reason=FinishReason.STOP, usage=NOTHING)
            self.happened["finish"] += 1

    def claim(self, number: int) -> Reply | None:
        reply = self.one(number, Status.QUEUED)
        found = lifecycle.claim(reply_id=reply.pk) if reply else None
        return found[0] if found else None

    @rule(number=st.integers(0, 9), text=st.sampled_from(["", "text"]), is_generating=st.booleans(), late=st.booleans())
    def stop(self, number: int, text: str, is_generating: bool, late: bool) -> None:
        claimed = self.claim(number) if is_generating else None
        reply = claimed or self.one(number)
        if reply is None:
            return
        try:
            conversation.stop(user_id=self.user.pk, message_id=reply.answers_id)
        except ReplyIsFinal:
            return
        stopped = Reply.objects.get(pk=reply.pk)
        if late:
            stopping.keep_stopped(reply=stopped, text=text)
        for _ in range(2):
            stopping.settle(reply=stopped, text="said", model="m", usage=NOTHING)
            stopping.keep_stopped(reply=stopped, text=text)
        self.happened["stop"] += 1

    @rule(number=st.integers(0, 99))
    def give_back_again(self, number: int) -> None:
        """A unit that was refunded already is not refunded again."""
        returned = list(LedgerEntry.objects.filter(user=self.user, kind="return").values_list("returns_id", flat=True))
        if returned:
            assert not quota.refund(unit_id=returned[number % len(returned)])

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.moment += timedelta(hours=hours)
        self.move(self.moment)

    @precondition(lambda self: len(self.mine) > 8)
    @rule()
    def clean_up(self) -> None:
        self.happened["clean_up"] += conversation.delete_failed(user_id=self.user.pk)

    @invariant()
    def the_counter_is_the_ledger(self) -> None:
        if not hasattr(self, "user"):
            return
        used = dict(DailyUsage.objects.filter(user=self.user).values_list("day", "used"))
        ledger = LedgerEntry.objects.filter(user=self.user).values_list("day").annotate(Sum("amount"))
        assert dict(ledger) == used
        assert all(0 <= count <= CAP for count in used.values())

    @invariant()
    def who_has_no_text_has_paid_nothing(self) -> None:
        if not hasattr(self, "user"):
            return
        for reply in self.mine:
            if reply.status in (Status.DONE, Status.STOPPED, Status.FAILED) and reply.lease_until is None:
                assert quota.is_refunded(unit_id=reply.unit_id) == (reply.content == "")


def test_the_books_balance_after_any_five_hundred_steps(set_clock: Callable[[datetime], None]) -> None:
    Tier.objects.filter(slug=Tier.BASIC).update(daily_messages=CAP, waiting_replies=1000)
    happened: Counter[str] = Counter()
    machine = type("Machine", (Books,), {"move": staticmethod(set_clock), "happened": happened})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=10,
            stateful_step_count=50,
            deadline=None,
            derandomize=True,  # so that what has to happen does not depend on chance
            database=None,
            phases=[Phase.generate],  # shrinking would take minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert all(happened[what] > 3 for what in ("send", "regenerate", "retry", "fail", "finish", "stop", "clean_up")), (
        happened
    )
