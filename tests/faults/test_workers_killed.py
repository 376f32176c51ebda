"""Workers die, drain or freeze: every accepted message gets its reply, and never two."""

import random
import re
import signal
import threading
import time

import pytest

from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


ON_ITS_LAST_ATTEMPT = "SELECT 1 FROM chatrooms_message WHERE status = 'generating' AND tries_left = 1"


@pytest.mark.parametrize(("kills", "messages"), [(1, 15), pytest.param(10, 100, marks=pytest.mark.faults)])
def test_kills_and_an_emptied_redis_lose_no_message(breakable: Stack, kills: int, messages: int) -> None:
    stack = breakable
    stack.set_tier("basic", parallel_replies=8, waiting_replies=100)
    users = [stack.sign_up() for _ in range(10)]
    rooms = [(user, user.room()) for user in users for _ in range(2)]
    stack.double.default(ttft=0.1, delay=0.1, chunks=3)
    sent: list[tuple[int, int]] = []

    def send_all() -> None:
        for number in range(messages):
            user, room = rooms[number % len(rooms)]
            sent.append((number % len(rooms), user.send(room, f"question {number}!")["id"]))
            time.sleep(0.25)

    def calls_under_way() -> int | bool:
        """How many; True if there will be no further one."""
        return int(stack.double.ledger()["in_flight"]) or (not sender.is_alive() and stack.unfinished() == 0)

    sender = threading.Thread(target=send_all)
    sender.start()
    hit = 0
    for kill in range(kills):
        wait_until(calls_under_way, "a call under way")
        # A reply takes a third of a second, and the oldest one is finished first, so hardly any meets several kills.
        # While a reply has met two, no worker is killed: one that meets three is taken for their cause and fails (see
        # the poison message below).
        time.sleep(random.uniform(1.5, 2.5))
        wait_until(lambda: not stack.sql(ON_ITS_LAST_ATTEMPT), "what has met two kills")
        hit += wait_until(calls_under_way, "a call under way") is not True
        stack.kill("worker")
        if kill == kills // 2:
            stack.redis.stop()
            stack.redis.start()
            if stack.processes["tasks"].poll() is not None:
                stack.start("tasks")  # Celery sometimes dies when its broker does; every supervisor restarts it
        stack.start("worker")
    sender.join()
    wait_until(lambda: stack.unfinished() == 0, "all in an end state", 120)

    assert len(sent) == messages
    assert hit > 0, "no kill met a call under way"
    for number, (who, message_id) in enumerate(sent):
        answered = rooms[who][0].message(message_id)
        assert answered["reply"]["status"] == "done", answered
        assert re.search(rf"question {number}!", answered["gemini_response"])
    [(replies, distinct, lost)] = stack.sql(
        "SELECT count(*), count(DISTINCT answers_id), sum(3 - tries_left)"
        " FROM chatrooms_message WHERE role = 'assistant'"
    )
    assert (replies, distinct) == (messages, messages)
    assert len(stack.double.calls()) <= messages + lost, "a call is repeated only if its worker was lost"


@pytest.mark.faults
def test_a_terminated_worker_hands_back_unfinished_replies(breakable: Stack) -> None:
    stack = breakable
    stack.restart("worker", REPLY_DRAIN="1")
    user = stack.sign_up()
    stack.double.script({"ttft": 60}, {"ttft": 60})  # silent for as long as a call may take
    messages = [user.send(user.room(), "a slow one") for _ in range(2)]
    wait_until(lambda: stack.double.ledger()["in_flight"] == 2, "both under way")
    assert stack.stop("worker") == 0
    rows = stack.sql("SELECT status, tries_left, attempt FROM chatrooms_message WHERE role = 'assistant'")
    assert rows == [("queued", 3, 1)] * 2, "handed back, and no retry used"
    stack.start("worker")
    for message in messages:
        assert user.wait_for_reply(message["id"])["reply"]["status"] == "done"


@pytest.mark.faults
def test_a_terminated_worker_ends_even_without_redis(breakable: Stack) -> None:
    stack = breakable
    stack.restart("worker", REPLY_DRAIN="1")
    user = stack.sign_up()
    assert user.wait_for_reply(user.send(user.room(), "hello")["id"])["reply"]["status"] == "done"
    stack.redis.stop()
    assert stack.stop("worker") == 0


@pytest.mark.faults
def test_a_quick_call_is_finished_before_the_worker_stops(breakable: Stack) -> None:
    stack = breakable
    stack.restart("worker", REPLY_DRAIN="10")
    user = stack.sign_up()
    stack.double.script({"ttft": 2})
    message = user.send(user.room(), "nearly there")
    wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "under way")
    assert stack.stop("worker") == 0
    assert user.message(message["id"])["reply"]["status"] == "done"
    assert len(stack.double.calls()) == 1


@pytest.mark.faults
def test_a_frozen_worker_cannot_write_after_another_took_over(breakable: Stack) -> None:
    stack = breakable
    users = [stack.sign_up() for _ in range(10)]
    stack.double.script(*[{"hold": 0, "text": "the late text"}] * 20)
    sent = [(user, user.send(user.room(), "hello")["id"]) for user in users for _ in range(2)]
    wait_until(lambda: stack.double.ledger()["in_flight"] == 20, "all under way")
    frozen = stack.processes.pop("worker")
    stack.processes["frozen"] = frozen
    stack.signal("frozen", signal.SIGSTOP)
    stack.expire_leases()
    stack.start("worker")
    for user, message_id in sent:
        assert user.wait_for_reply(message_id)["reply"]["status"] == "done"
    before = stack.sql("SELECT id, content, attempt FROM chatrooms_message ORDER BY id")
    stack.double.release()
    stack.signal("frozen", signal.SIGCONT)

    def refused() -> int:
        return sum(stack.log("worker").count(event) for event in ("reply_fenced", "reply_given_up"))

    wait_until(lambda: refused() >= 20, "20 late writers refused")
    assert stack.sql("SELECT id, content, attempt FROM chatrooms_message ORDER BY id") == before
    assert not any("late" in user.message(message_id)["gemini_response"] for user, message_id in sent)


@pytest.mark.faults
def test_a_poison_message_fails_and_others_are_generated(breakable: Stack) -> None:
    stack = breakable
    user, other = stack.sign_up(), stack.sign_up()
    poison = user.send(user.room(), "[[double hold=0]] poison")
    for _ in range(3):
        wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "the poison is being generated")
        stack.kill("worker")
        wait_until(lambda: stack.double.ledger()["in_flight"] == 0, "the call is gone")
        stack.start("worker")
    failed = user.wait_for_reply(poison["id"])
    assert (failed["reply"]["status"], failed["reply"]["error"]) == ("failed", "worker_lost")
    assert failed["gemini_response"] is None
    assert other.wait_for_reply(other.send(other.room(), "fine")["id"])["reply"]["status"] == "done"
