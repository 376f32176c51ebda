"""`web` is killed during sends: every 202 is stored, and nothing else is charged."""

import random
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.api_user import ApiUser
from tests.books import books
from tests.stack import Stack
from tests.waiting import TIMEOUT, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(1800)]

KILLS, RETRIED_SENDS, SINGLE_SENDS = 30, 8, 2
"""How often `web` is killed; the sends around each kill, by clients that retry and by clients that do not."""


class Sender:
    """Sends as clients do, and counts the sends that a kill cut off."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.cut = 0

    def once(self, user: ApiUser, room: int, content: str, key: str = "") -> int | None:
        """Send once; return the id of the accepted message, or None."""
        headers = {"Authorization": f"Bearer {user.access_token}"} | ({"Idempotency-Key": key} if key else {})
        url = f"{self._stack.url}/chatroom/{room}/message"
        try:
            response = requests.post(url, json={"content": content}, headers=headers, timeout=TIMEOUT)
        except requests.ConnectionError as error:
            self.cut += "refused" not in str(error)
            return None
        assert response.status_code in (202, 409, 503), response.text
        return int(response.json()["id"]) if response.status_code == 202 else None

    def with_retries(self, user: ApiUser, room: int, content: str) -> int:
        """Send, and retry under the same key until it is accepted."""
        key = secrets.token_hex(8)
        return int(wait_until(lambda: self.once(user, room, content, key), "an accepted send", 240))


def test_kills_lose_no_accepted_message_and_charge_no_other(breakable: Stack) -> None:
    stack = breakable
    stack.set_tier("basic", parallel_replies=8, waiting_replies=10_000)
    users = [stack.sign_up() for _ in range(5)]
    rooms = [(user, user.room()) for user in users for _ in range(2)]
    sender = Sender(stack)
    accepted: dict[str, int] = {}
    with ThreadPoolExecutor(RETRIED_SENDS + SINGLE_SENDS) as pool:
        for kill in range(KILLS):
            contents = [f"question {kill} of {number}!" for number in range(RETRIED_SENDS + SINGLE_SENDS)]
            sends = {
                content: pool.submit(
                    sender.with_retries if number < RETRIED_SENDS else sender.once, *rooms[number % len(rooms)], content
                )
                for number, content in enumerate(contents)
            }
            time.sleep(random.uniform(0, 0.6))
            stack.kill("web")
            stack.start("web")
            found = {content: send.result() for content, send in sends.items()}
            accepted |= {content: message_id for content, message_id in found.items() if message_id is not None}
    wait_until(lambda: stack.unfinished() == 0, "all in an end state", 240)
    print(f"{sender.cut} sends were cut off, {len(accepted)} accepted")

    assert sender.cut > 0, "no kill hit a send in progress"
    assert len(accepted) >= KILLS * RETRIED_SENDS
    kept = stack.sql(
        "SELECT asked.id, asked.content, count(reply.id), min(reply.status), min(reply.content) "
        "FROM chatrooms_message asked LEFT JOIN chatrooms_message reply ON reply.answers_id = asked.id "
        "WHERE asked.role = 'user' GROUP BY asked.id"
    )
    by_content = {content: message_id for message_id, content, *_ in kept}
    assert len(by_content) == len(kept), "a message was stored twice"
    assert accepted.items() <= by_content.items()
    for _, content, replies, status, reply in kept:
        assert (replies, status) == (1, "done"), content
        assert content in reply
    for user in users:
        used, charged, messages = books(user)
        assert used == charged == messages
