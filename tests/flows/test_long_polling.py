"""`?wait=` against a running stack."""

import time

import pytest
import requests

from tests.api_user import ApiUser
from tests.stack import Stack
from tests.waiting import TIMEOUT, in_parallel, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


@pytest.fixture
def alice(stack: Stack) -> ApiUser:
    return stack.sign_up()


def test_a_client_that_cannot_stream_waits_for_the_reply(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text="worth the wait", ttft=1)
    room = alice.room()
    response = alice.call("POST", f"/chatroom/{room}/message?wait=20", json={"content": "Hello"})
    assert (response.status_code, response.json()["gemini_response"]) == (202, "worth the wait")
    sent = alice.send(room, "Again")
    assert sent["gemini_response"] is None
    response = alice.call("GET", f"/message/{sent['id']}?wait=20")
    assert response.json()["gemini_response"] == "worth the wait"


def test_others_are_served_while_as_many_wait_as_possible(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text="late", hold=0)
    path = f"/message/{alice.send(alice.room(), 'Hello')['id']}?wait=20"
    wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "a call")

    def ask() -> requests.Response:
        time.sleep(1)  # the others wait by now
        response = requests.get(stack.url + "/tiers", timeout=TIMEOUT)
        stack.double.release()
        return response

    *waited, asked = in_parallel([*([lambda: alice.call("GET", path)] * 60), ask])
    assert {response.status_code for response in [*waited, asked]} == {200}
    texts = {response.json()["gemini_response"] for response in waited}
    assert "late" in texts, "the other request was served only after those that waited"
