"""`web` killed among sends: 202 means kept, and what was not accepted was not charged."""

import random
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.books import books
from tests.stack import PATIENCE, Person, Stack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(1800)]

KILLS, SURELY, ONCE = 30, 8, 2
"""Kills; what is sent around each: by clients that repeat it, and by those that never do."""


class Sender:
    """Sends as clients do, and counts what a kill cut off."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.cut = 0

    def once(self, person: Person, room: int, content: str, key: str = "") -> int | None:
        """Send; the id of what was accepted, or None."""
        headers = {"Authorization": f"Bearer {person.access_token}"} | ({"Idempotency-Key": key} if key else {})
        url = f"{self._stack.url}/chatroom/{room}/message"
        try:
            answer = requests.post(url, json={"content": content}, headers=headers, timeout=PATIENCE)
        except requests.ConnectionError as error:
            self.cut += "refused" not in str(error)
            return None
        assert answer.status_code in (202, 409, 503), answer.text
        return int(answer.json()["id"]) if answer.status_code == 202 else None

    def surely(self, person: Person, room: int, content: str) -> int:
        """Send, and repeat it under its key until it is accepted."""
        key = secrets.token_hex(8)
        return int(wait_until(lambda: self.once(person, room, content, key), "an accepted send", 240))


def test_kills_lose_no_accepted_message_and_charge_for_no_other(breakable: Stack) -> None:
    stack = breakable
    stack.set_tier("basic", parallel_replies=8, waiting_replies=10_000)
    people = [stack.sign_up() for _ in range(5)]
    rooms = [(person, person.room()) for person in people for _ in range(2)]
    sender = Sender(stack)
    accepted: dict[str, int] = {}
    with ThreadPoolExecutor(SURELY + ONCE) as pool:
        for kill in range(KILLS):
            contents = [f"question {kill} of {number}!" for number in range(SURELY + ONCE)]
            sends = {
                content: pool.submit(
                    sender.surely if number < SURELY else sender.once, *rooms[number % len(rooms)], content
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

    assert sender.cut > 0, "no kill met a send under way"
    assert len(accepted) >= KILLS * SURELY
    kept = stack.sql(
        "SELECT asked.id, asked.content, count(reply.id), min(reply.status), min(reply.content) "
        "FROM chatrooms_message asked LEFT JOIN chatrooms_message reply ON reply.answers_id = asked.id "
        "WHERE asked.role = 'user' GROUP BY asked.id"
    )
    by_content = {content: message_id for message_id, content, *_ in kept}
    assert len(by_content) == len(kept), "something was stored twice"
    assert accepted.items() <= by_content.items()
    for _, content, replies, status, answer in kept:
        assert (replies, status) == (1, "done"), content
        assert content in answer
    for person in people:
        used, charged, messages = books(person)
        assert used == charged == messages
