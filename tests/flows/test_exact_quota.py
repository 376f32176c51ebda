"""The quota is exact: with parallel sends to real web processes, and after failures of every kind."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.api_user import ApiUser
from tests.books import books
from tests.flows.paying import portal, status
from tests.stack import Stack
from tests.waiting import TIMEOUT, in_parallel, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

FAILURES = {
    "blocked": "block=SAFETY",
    "max_tokens": "finish=MAX_TOKENS after=0",
    "empty_answer": "after=0",
    "model_not_found": "error=404",
}

MANY_WEBS = pytest.mark.stack_settings(web={"WEB_PROCESSES": "4"})
"""More web processes than the machine has cores."""


@MANY_WEBS
@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.faults)])
def test_a_hundred_at_once_and_exactly_five_are_accepted(breakable: Stack, rounds: int) -> None:
    stack = breakable
    stack.set_tier("basic", daily_messages=5)
    for _ in range(rounds):
        user = stack.sign_up()
        room = user.room()
        responses = in_parallel([lambda who=user, where=room: who.send_with_retries(where) for _ in range(100)])
        assert Counter(response.status_code for response in responses) == {202: 5, 429: 95}
        refused = [response.json() for response in responses if response.status_code == 429]
        assert {(each["code"], each["limit"], each["used"]) for each in refused} == {("quota_exceeded", 5, 5)}
        assert books(user) == (5, 5, 5)


@MANY_WEBS
@pytest.mark.parametrize("rounds", [1, pytest.param(8, marks=pytest.mark.faults)])
def test_becoming_pro_during_parallel_sends_loses_no_unit(breakable: Stack, rounds: int) -> None:
    stack = breakable
    stack.set_tier("basic", daily_messages=5)
    grant = "INSERT INTO billing_entitlement (user_id, grant_until) VALUES (%s, now() + interval '1 day')"
    for _ in range(rounds):
        user = stack.sign_up()
        room = user.room()
        jobs: list[Callable[[], Any]] = [lambda who=user, where=room: who.send_with_retries(where) for _ in range(60)]
        responses = in_parallel([*jobs[:30], lambda who=user: stack.sql(grant, who.id), *jobs[30:]])
        accepted = [response for response in responses if isinstance(response, requests.Response) and response.ok]
        others = Counter(
            response.text for response in responses if isinstance(response, requests.Response) and not response.ok
        )
        assert len(accepted) >= 5
        assert (books(user), others) == ((len(accepted),) * 3, others)
        assert user.send_with_retries(room).status_code == 202, "Pro has no cap"


@MANY_WEBS
@pytest.mark.faults
@pytest.mark.parametrize("rounds", [4])
def test_tier_changes_during_parallel_sends_lose_no_unit(breakable: Stack, rounds: int) -> None:
    stack = breakable
    stack.set_tier("basic", daily_messages=5, waiting_replies=1000)
    stack.set_tier("pro", daily_messages=None, waiting_replies=1000)

    def round_of(user: ApiUser, room: int, change: Callable[[], Any]) -> int:
        """Change the tier during forty sends; how many were accepted, which the ledger has to confirm."""
        _, _, before = books(user)
        jobs: list[Callable[[], Any]] = [lambda: user.send_with_retries(room) for _ in range(40)]
        responses = in_parallel([*jobs[:20], change, *jobs[20:]])
        codes = Counter(response.status_code for response in responses[:20] + responses[21:])
        assert set(codes) <= {202, 429}
        refused = {
            response.json()["code"] for response in responses[:20] + responses[21:] if response.status_code == 429
        }
        assert refused <= {"quota_exceeded"}
        assert books(user) == (before + codes[202],) * 3
        return codes[202]

    for _ in range(rounds):
        user = stack.sign_up()
        room = user.room()
        opened = user.call("POST", "/subscribe/pro").json()
        assert round_of(user, room, lambda url=opened["checkout_url"]: stack.stripe.pay(url)) >= 5
        wait_until(lambda who=user: status(who)["tier"] == "pro", "Pro")
        assert user.send_with_retries(room).status_code == 202, "an upgrade counts at once"
        [used, *_] = books(user)
        subscription = stack.stripe.objects("sessions")[opened["session_id"]]["subscription"]
        assert status(user)["tier"] == "pro"
        assert round_of(user, room, lambda: portal(user, "cancel")) == 40, "paid until the period ends"
        round_of(user, room, lambda gone=subscription: stack.stripe.set_status(gone, "canceled"))
        wait_until(lambda who=user: status(who)["tier"] == "basic", "Basic")
        assert round_of(user, room, lambda: None) == 0, "what Pro sent counts for the day"
        assert used >= 5


def test_returning_from_checkout_alone_grants_nothing(breakable: Stack) -> None:
    stack = breakable
    stack.set_tier("basic", daily_messages=1)
    user = stack.sign_up()
    room = user.room()
    stack.stripe.deliver(enabled=False)
    opened = user.call("POST", "/subscribe/pro").json()
    assert user.send_with_retries(room).status_code == 202
    paid = stack.stripe.pay(opened["checkout_url"])
    assert requests.get(paid.headers["Location"], timeout=TIMEOUT).status_code == 200
    assert user.send_with_retries(room).status_code == 429
    assert status(user)["tier"] == "basic"


@pytest.mark.parametrize("of_each", [2, pytest.param(10, marks=pytest.mark.faults)])
# The model's breaker is open afterwards, so the worker is restarted for the next test.
@pytest.mark.stack_settings(worker={"REPLY_DRAIN": "8"})
def test_failures_of_five_kinds_refund_exactly_their_units(breakable: Stack, of_each: int) -> None:
    stack = breakable
    user = stack.sign_up()
    stack.set_tier("basic", waiting_replies=100, parallel_replies=8)
    rooms = [user.room() for _ in range(of_each)]

    def failing(how: str) -> list[int]:
        return [user.send(room, f"No [[double {how}]]")["id"] for room in rooms]

    sent = {code: failing(how) for code, how in FAILURES.items()}
    done = user.send(rooms[0], "Yes")
    wait_until(lambda: stack.unfinished() == 0, "four kinds of failures", 120)
    for code, messages in sent.items():
        assert {user.message(message)["reply"]["error"] for message in messages} == {code}
    # The first failure opens the model's breaker, so most fail without a call.
    exhausted = failing("error=429 per_day=true")
    wait_until(lambda: stack.unfinished() == 0, "all failures", 120)
    codes = {user.message(message)["reply"]["error"] for message in exhausted}
    assert "provider_quota_exhausted" in codes
    assert codes <= {"provider_quota_exhausted", "provider_unavailable"}
    assert user.message(done["id"])["reply"]["status"] == "done"
    assert books(user) == (1, 1, 1 + 5 * of_each)
    [(returned,)] = stack.sql(
        "SELECT count(*) FROM billing_ledgerentry WHERE user_id = %s AND kind = 'return'", user.id
    )
    assert returned == 5 * of_each
