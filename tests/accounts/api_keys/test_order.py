"""Two requests at once about keys, in an order that the test decides: one waits for a row that the other has locked."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from accounts import sessions, sign_out, suspension
from accounts.api_keys import authentication, keys
from accounts.exceptions import OverlapRunning, RecentSignInRequired, SessionEnded, TooManyApiKeys
from accounts.models import ApiKey, Scope, Session, User
from config.http.problems import Problem
from tests.clients import make_api_key
from tests.locks import wait_for_a_waiter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(alice: User) -> Session:
    return sessions.start(user=alice, method=Session.Method.CODE, user_agent="")


def beside(work: Callable[[], Any], *, waiting: Callable[[], Any]) -> list[Any]:
    """Do `work` in a transaction, and commit it once `waiting` waits for one of its rows; what that gave or raised."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(waiting())
        except Problem as problem:
            found.append(type(problem))
        finally:
            connection.close()

    other = Thread(target=run)
    with transaction.atomic():
        work()
        other.start()
        wait_for_a_waiter()
    other.join()
    return found


def make(session: Session) -> keys.Shown:
    return keys.make(session=session, name="Program", scopes=[Scope.FILES])


def test_no_key_survives_a_sign_out_that_waits_for_it(session: Session, alice: User) -> None:
    made: list[keys.Shown] = []
    beside(lambda: made.append(make(session)), waiting=lambda: sign_out.everywhere(user_id=alice.pk))
    assert ApiKey.objects.get(pk=made[0].key.pk).revoked_at is not None


def test_no_key_is_made_by_a_session_that_is_ending(session: Session, alice: User) -> None:
    raised = beside(lambda: sign_out.everywhere(user_id=alice.pk), waiting=lambda: make(session))
    assert raised == [RecentSignInRequired]
    assert not ApiKey.objects.exists()


def test_no_key_is_made_for_a_user_who_is_being_disabled(session: Session, alice: User) -> None:
    raised = beside(lambda: suspension.disable(user_id=alice.pk), waiting=lambda: make(session))
    assert raised == [SessionEnded]
    assert not ApiKey.objects.exists()


def test_two_at_once_do_not_exceed_the_limit_of_keys(session: Session, alice: User) -> None:
    for _ in range(keys.MOST - 1):
        make_api_key(alice)
    raised = beside(lambda: make(session), waiting=lambda: make(session))
    assert raised == [TooManyApiKeys]
    assert ApiKey.objects.count() == keys.MOST


def test_two_rotations_at_once_end_no_overlap(session: Session) -> None:
    first = make(session)
    hour = keys.LONGEST_OVERLAP / 24
    rotated: list[keys.Shown] = []

    def rotate() -> None:
        rotated.append(keys.rotate(session=session, key_id=first.key.pk, overlap=hour))

    assert beside(rotate, waiting=rotate) == [OverlapRunning]
    assert {authentication.key_of(text).pk for text in (first.text, rotated[0].text)} == {first.key.pk}


def test_the_last_use_waits_for_no_send(alice: User) -> None:
    """A send has the key's row locked until it commits."""
    text = str(make_api_key(alice, last_used_at=None))
    found: list[Any] = []

    def ask() -> None:
        found.append(authentication.key_of(text))
        connection.close()

    with transaction.atomic():
        ApiKey.objects.update(units_used=1)
        other = Thread(target=ask)
        other.start()
        other.join(60)
        assert len(found) == 1
    assert ApiKey.objects.get().last_used_at is None, "the next request writes it"
