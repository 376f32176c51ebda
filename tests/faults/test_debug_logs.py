"""With every process logging at DEBUG, no log has anything private."""

import secrets

import pytest

from tests.stack import Stack

DEBUG = {"LOG_LEVEL": "DEBUG"}
NAMES = ("web", "stream", "worker", "tasks", "beat")

pytestmark = [
    pytest.mark.stack,
    pytest.mark.faults,
    pytest.mark.timeout(600),
    pytest.mark.stack_settings(**dict.fromkeys(NAMES, DEBUG)),
]


def test_logs_at_debug_have_no_text_number_code_or_token(breakable: Stack) -> None:
    stack = breakable
    alice = stack.sign_up()
    canary = f"canary{secrets.token_hex(8)}"
    password = f"{canary} password"
    room = alice.call("POST", "/chatroom", json={}).json()["id"]  # the model gives it a title, in another task
    for text in ("plain", "[[double error=400]]", "[[double fault=reset after=1]]", "[[double block=SAFETY]]"):
        message = alice.send(room, f"{canary} {text}", headers={"Idempotency-Key": f"{canary} {text}"[:60]})
        alice.wait_for_reply(message["id"])
    with alice.http.get(message["stream_url"], stream=True, timeout=60) as stream:
        assert canary not in stream.request.url
    refreshed = stack.post("/auth/refresh", {"refresh_token": alice.refresh_token}).json()
    assert alice.call("POST", "/auth/change-password", json={"new_password": password}).status_code == 200
    stack.try_post("/auth/login", {"mobile_number": alice.number, "password": f"{canary} wrong"})
    alice.call("GET", f"/search?q={canary}")
    alice.call("GET", f"/user/me/export?{canary}={alice.number}")
    assert alice.call("DELETE", "/user/me").status_code == 202

    ticket = message["stream_url"].rpartition("ticket=")[2]
    private = [canary, alice.number[3:], alice.access_token, alice.refresh_token, refreshed["access_token"], ticket]
    logs = {name: stack.log(name) for name in NAMES}
    assert all('"level": "debug"' in logs[name] for name in ("web", "worker", "tasks")), "no process logs at DEBUG"
    found = [(name, text[:12]) for name, log in logs.items() for text in private if text in log]
    assert found == [], [line[:300] for name, text in found for line in logs[name].splitlines() if text in line][:5]
