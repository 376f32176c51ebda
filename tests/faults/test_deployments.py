"""A deployment replaces `tasks` and `beat` while events arrive: each event is processed, and both exit cleanly."""

import pytest

from tests.flows.paying import status, subscribe
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(600)]


def test_replacing_tasks_and_beat_loses_no_payment(breakable: Stack) -> None:
    stack = breakable
    stack.stripe.switch(delays=[["/v1/subscriptions", 0.2, "before", 1000]])
    users = [stack.sign_up() for _ in range(9)]
    for turn in range(3):
        for user in users[3 * turn : 3 * turn + 3]:
            subscribe(user)
        for name in ("tasks", "beat"):
            assert stack.stop(name, 30) == 0, f"{name} exited within the grace period of compose.yaml"
            stack.start(name)
    wait_until(lambda: all(status(user)["tier"] == "pro" for user in users), "all of them Pro", 120)
    unprocessed = "SELECT count(*) FROM billing_stripeevent WHERE processed_at IS NULL"
    wait_until(lambda: stack.sql(unprocessed) == [(0,)], "all events processed", 120)
