"""Whichever way a message comes in, and however its reply ends: what the door says was used is what was charged."""

import json

import pytest

from tests.api_user import ApiUser
from tests.books import books
from tests.flows.doors import DOORS, Asked, Door, Tokens
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

TEXT = " ".join(f"word{number} हि \U0001f600" for number in range(40))
STOPPABLE = [door for door in DOORS if door.stop]


def name(door: Door) -> str:
    return door.name.replace(" ", "_")


@pytest.fixture
def alice(stack: Stack) -> ApiUser:
    return stack.sign_up()


def counted_by_the_double(stack: Stack, text: str = TEXT, thoughts: int = 0) -> list[Tokens]:
    """What the double says of each of its calls that nobody cut, or of each if it sends no text.

    Who has read that a prompt is blocked may hang up before the response has ended.
    """
    whole = [call for call in stack.double.calls() if call["disconnected"] is None or not text]
    return [(len(json.dumps(call["contents"])) // 4, len(text) // 4 + thoughts) for call in whole]


def assert_charged(user: ApiUser, *, units: int, calls: list[Tokens]) -> None:
    """`GET /usage`, the day's sums and the lists of units and of calls say the same."""
    usage = user.call("GET", "/usage").json()
    listed = user.stack.sql(
        "SELECT prompt_tokens + coalesce(tool_tokens, 0), output_tokens FROM billing_modelcall WHERE user_id = %s "
        "ORDER BY id",
        user.id,
    )
    assert listed == calls
    total = (sum(prompt for prompt, _ in calls), sum(output for _, output in calls))
    assert (usage["tokens"]["today"]["prompt"], usage["tokens"]["today"]["output"]) == total
    assert usage["used"] == units
    assert books(user)[:2] == (units, units)


@pytest.mark.parametrize("door", DOORS, ids=name)
def test_a_reply_costs_what_its_door_says(stack: Stack, alice: ApiUser, door: Door) -> None:
    stack.double.default(text=TEXT, chunks=4, thoughts=50)
    asked = Asked(door, alice)
    used = asked.usage()
    assert used is not None
    assert asked.status == "done"
    assert counted_by_the_double(stack, thoughts=50) == [used]
    assert_charged(alice, units=1, calls=[used])


@pytest.mark.parametrize("door", STOPPABLE, ids=name)
def test_a_stopped_reply_costs_what_its_door_says(stack: Stack, alice: ApiUser, door: Door) -> None:
    stack.double.default(text=TEXT, chunks=40, hold=4, thoughts=0)
    asked = Asked(door, alice)
    asked.wait_for_text()
    asked.stop()
    used = asked.usage()
    assert used is not None
    assert asked.status == "stopped"
    assert 0 < used[1] < len(TEXT) // 4
    assert_charged(alice, units=1, calls=[used])


@pytest.mark.parametrize("door", DOORS, ids=name)
def test_a_client_that_goes_away_pays_for_the_whole(stack: Stack, alice: ApiUser, door: Door) -> None:
    stack.double.default(text=TEXT, chunks=8, delay=0.15, thoughts=0)
    asked = Asked(door, alice)
    asked.wait_for_text()
    asked.cut()
    asked.wait_until_settled()
    assert asked.status == "done"
    assert_charged(alice, units=1, calls=counted_by_the_double(stack))
    assert len(stack.double.calls()) == 1


@pytest.mark.parametrize("door", DOORS, ids=name)
def test_a_failed_reply_costs_no_unit(stack: Stack, alice: ApiUser, door: Door) -> None:
    """The vendor counts the prompt that it blocks, which the user's share of tokens then has."""
    stack.double.default(error=400)
    refused = Asked(door, alice)
    assert (refused.usage() or (0, 0), refused.status) == ((0, 0), "failed")
    assert_charged(alice, units=0, calls=[])
    stack.double.reset()
    stack.double.default(block="SAFETY", thoughts=0)
    blocked = Asked(door, alice)
    used = blocked.usage()
    counted = counted_by_the_double(stack, text="")
    assert (used or counted[0], blocked.status) == (counted[0], "failed")
    assert_charged(alice, units=0, calls=counted)


def test_a_killed_worker_charges_nobody_twice(breakable: Stack) -> None:
    """The call that its death cut off reported nothing, so the installation pays for that one."""
    stack = breakable
    stack.double.default(text=TEXT, chunks=40, hold=4, thoughts=0)
    all_asked = [Asked(door, stack.sign_up()) for door in DOORS]
    for asked in all_asked:
        asked.wait_for_text()
    stack.kill("worker")
    stack.double.default(text=TEXT, chunks=8, delay=0.02, thoughts=0)
    stack.start("worker")
    used = {asked.door.name: asked.usage() for asked in all_asked}
    assert len(stack.double.calls()) == 2 * len(DOORS)
    for asked in all_asked:
        found = used[asked.door.name]
        assert found is not None
        assert asked.status == "done"
        assert_charged(asked.user, units=1, calls=[found])
    assert sorted(counted_by_the_double(stack)) == sorted(found for found in used.values() if found)
