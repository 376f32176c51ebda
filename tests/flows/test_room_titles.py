"""A room without a name gets a title from the model."""

from collections.abc import Callable

import pytest

from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


def test_a_room_without_a_name_gets_a_title(stack: Stack) -> None:
    alice = stack.sign_up()
    room = alice.call("POST", "/chatroom", json={}).json()
    stack.double.default(text='"Rain in Goa."')
    alice.wait_for_reply(alice.send(room["id"], "What is a monsoon?")["id"])
    name: Callable[[], str] = lambda: alice.call("GET", f"/chatroom/{room['id']}").json()["name"]  # noqa: E731
    wait_until(lambda: name() == "Rain in Goa", "a title")
    assert alice.call("GET", "/chatroom").json()[0]["name"] == "Rain in Goa"
