"""Numbers, codes, tokens and chat text reach no log, no task result and (texts and codes) not Redis."""

import re
import secrets

import pytest
from redis import Redis

from tests.stack import Stack

pytestmark = pytest.mark.stack


def test_private_values_are_in_no_log_result_or_redis_key(stack: Stack) -> None:
    alice = stack.sign_up()
    [(otp_free,)] = stack.sql(
        "SELECT count(*) FROM accounts_onetimecode WHERE digest = '' AND number = %s", alice.number
    )
    assert otp_free == 0
    canary = f"canary{secrets.token_hex(8)}"
    room = alice.room(f"{canary} room")
    answered = [
        alice.wait_for_reply(alice.send(room, text, headers={"Idempotency-Key": f"{canary}-key-{number}"})["id"])
        for number, text in enumerate(
            [
                f"{canary} plain",
                f"{canary} [[double error=400]]",
                f"{canary} [[double fault=reset after=1]]",
            ]
        )
    ]
    assert {message["reply"]["status"] for message in answered} == {"done", "failed"}
    alice.call("GET", f"/chatroom?cursor={canary}")
    alice.call("GET", f"/{canary}?{canary}={alice.number}")
    alice.call("GET", f"/admin/accounts/user/{alice.number}/change/")
    refreshed = stack.post("/auth/refresh", {"refresh_token": alice.refresh_token}).json()
    assert (
        alice.call("POST", "/auth/login", json={"mobile_number": alice.number, "password": canary}).status_code == 401
    )

    private = [alice.access_token, alice.refresh_token, refreshed["access_token"], alice.number, alice.number[3:]]
    logs = {name: stack.log(name) for name in ("web", "stream", "worker", "tasks", "beat")}
    assert "chatroom/<int:room_id>/message" in logs["web"]
    assert "reply_failed" in logs["worker"]
    found = [(name, text[:12]) for name, log in logs.items() for text in (canary, *private) if text in log]
    assert found == []

    results = stack.sql("SELECT task_args, task_kwargs, result, traceback, meta FROM django_celery_results_taskresult")
    assert results, "the tasks of queue default keep their outcomes"
    assert {(args, kwargs, trace) for args, kwargs, _, trace, _ in results} == {(None, None, None)}
    assert not [row for row in results if canary in str(row)]

    with Redis.from_url(stack.environment["REDIS_URL"]) as client:
        held = b" ".join(_everything(client))
        assert all(0 < client.ttl(key) <= 3600 for key in client.scan_iter("live:*"))
    assert held, "Redis holds something"
    for text in (*private, f"{canary} plain"):
        assert text.encode() not in held


def test_a_request_id_is_logged_from_the_client_to_the_worker(stack: Stack) -> None:
    alice = stack.sign_up()
    identity = f"follow-{secrets.token_hex(8)}"
    message = alice.send(alice.room(), "hello", headers={"X-Request-ID": identity})
    alice.wait_for_reply(message["id"])
    assert re.search(
        rf'"request_id": "{identity}".*"event": "request"|"event": "request".*{identity}', stack.log("web")
    )
    assert re.search(rf'"event": "reply_done".*{identity}|{identity}.*"event": "reply_done"', stack.log("worker"))


def _everything(client: "Redis") -> list[bytes]:
    """Every key and every value, except those of the streams, which hold texts for a while."""
    found: list[bytes] = []
    for key in client.scan_iter():
        found.append(key)
        if key.startswith(b"live:"):
            continue
        match client.type(key):
            case b"string":
                found.append(client.get(key) or b"")
            case b"list":
                found += client.lrange(key, 0, -1)
            case b"set":
                found += client.smembers(key)
            case b"hash":
                found += [part for pair in client.hgetall(key).items() for part in pair]
            case b"zset":
                found += client.zrange(key, 0, -1)
    return found
