"""`once` does its work once; what the API makes of it is tested where it is used."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from accounts.exceptions import IdempotencyInFlight, IdempotencyKeyReused, InvalidIdempotencyKey
from accounts.idempotency import Outcome, once
from accounts.models import IdempotencyKey, User

BODY = {"room": 1, "content": "hello"}


class Work:
    """Creates a user each time it runs."""

    def __init__(self, numbers: Iterator[str]) -> None:
        self.numbers = numbers
        self.done: list[int] = []

    def __call__(self) -> int:
        self.done.append(User.objects.create_user(next(self.numbers)).pk)
        return self.done[-1]


@pytest.fixture
def work(new_number: Callable[[], str]) -> Work:
    return Work(iter(new_number, None))


def do(
    work: Callable[[], int], alice: User, key: str | None = "a key", body: Any = BODY, route: str = "message"
) -> Outcome:
    return once(user_id=alice.pk, route=route, key=key, body=body, status=202, work=work)


def test_a_repeat_gets_the_first_outcome(alice: User, work: Work) -> None:
    first, second = do(work, alice), do(work, alice)
    assert first == Outcome(object_id=work.done[0], status=202, replayed=False)
    assert second == Outcome(object_id=work.done[0], status=202, replayed=True)
    assert len(work.done) == 1


def test_without_a_key_the_work_is_done_each_time(alice: User, work: Work) -> None:
    assert [do(work, alice, key=None).replayed for _ in range(2)] == [False, False]
    assert (len(work.done), IdempotencyKey.objects.count()) == (2, 0)


def test_another_body_is_refused(alice: User, work: Work) -> None:
    do(work, alice)
    with pytest.raises(IdempotencyKeyReused):
        do(work, alice, body={**BODY, "content": "something else"})
    assert len(work.done) == 1


def test_the_order_of_the_bodys_members_does_not_matter(alice: User, work: Work) -> None:
    do(work, alice)
    assert do(work, alice, body=dict(reversed(BODY.items()))).replayed


def test_another_user_and_another_route_have_keys_of_their_own(
    alice: User, work: Work, new_number: Callable[[], str]
) -> None:
    bob = User.objects.create_user(new_number())
    outcomes = [do(work, alice), do(work, bob), do(work, alice, route="checkout")]
    assert [outcome.replayed for outcome in outcomes] == [False] * 3


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb", "a\nb", "\x00", "a\x7f"])
def test_a_malformed_key_does_nothing(alice: User, work: Work, key: str) -> None:
    with pytest.raises(InvalidIdempotencyKey):
        do(work, alice, key=key)
    assert (work.done, IdempotencyKey.objects.count()) == ([], 0)


@pytest.mark.parametrize("key", ["x", "x" * 255, " ~!#", "8e03978e-40d5-43e8-bc93-6894a57f9324"])
def test_any_printable_key_will_do(alice: User, work: Work, key: str) -> None:
    assert [do(work, alice, key=key).replayed for _ in range(2)] == [False, True]


@pytest.mark.parametrize("fails", ["before the work", "after the work"])
def test_a_failure_is_not_kept(alice: User, work: Work, fails: str) -> None:
    def fail() -> int:
        if fails == "after the work":
            work()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        do(fail, alice)
    assert User.objects.count() == 1, "the work was undone"
    assert do(work, alice).replayed is False


def test_a_day_later_the_key_is_new(alice: User, work: Work, pass_time: Callable[[float], None]) -> None:
    do(work, alice)
    pass_time(86_395)
    assert do(work, alice).replayed
    pass_time(10)
    again = do(work, alice, body={"another": "body"})
    assert (again.replayed, again.object_id, IdempotencyKey.objects.count()) == (False, work.done[1], 1)


def test_neither_key_nor_body_is_kept_in_clear(alice: User, work: Work) -> None:
    do(work, alice, key="a secret key", body={"content": "a private word"})
    row = str(vars(IdempotencyKey.objects.get()))
    assert "secret" not in row
    assert "private" not in row


@pytest.mark.django_db(transaction=True)
def test_a_second_request_is_refused_while_the_first_runs(new_number: Callable[[], str]) -> None:
    alice, bob = (User.objects.create_user(new_number()) for _ in range(2))
    begun, go_on = threading.Event(), threading.Event()
    first: list[Outcome] = []

    def slow() -> int:
        begun.set()
        assert go_on.wait(60)
        return 7

    def run() -> None:
        first.append(do(slow, alice))
        connection.close()

    winner = threading.Thread(target=run)
    winner.start()
    assert begun.wait(60)
    try:
        with pytest.raises(IdempotencyInFlight) as refused:
            do(lambda: 8, alice)
        assert refused.value.retry_after == 1
        assert do(lambda: 9, alice, key="another key").object_id == 9
        assert do(lambda: 10, bob).object_id == 10, "a request of another user with the same key"
    finally:
        go_on.set()
        winner.join()
    assert first == [Outcome(object_id=7, status=202, replayed=False)]
    assert do(lambda: 8, alice) == Outcome(object_id=7, status=202, replayed=True)
