"""Keys are made, rotated and used everywhere. Nothing that PostgreSQL, Redis and the logs then have is a usable key."""

import base64
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from secrets import token_hex
from typing import Any
from uuid import UUID

import pytest
import requests
from redis import Redis

from accounts.api_keys.key_text import SECRET_LENGTH, KeyText
from config.dev import server_binaries
from tests import sse
from tests.api_user import ApiUser
from tests.scan import parts_of
from tests.stack import PROCESSES, Stack
from tests.waiting import TIMEOUT

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

SCOPES = ["rooms:read", "rooms:write", "messages:write", "files", "usage:read", "webhooks"]
MODEL = "gemini-flash-latest"
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]},
    "/v1/responses": {"model": MODEL, "input": "Hello", "background": True},
    "/v1/ui/chat": {
        "id": "c",
        "messages": [{"id": "u1", "role": "user", "parts": [{"type": "text", "text": "Hello"}]}],
    },
}


def forms(secret: bytes) -> Iterator[bytes]:
    """As it would be found in plain, in hex, and in base64, wherever it begins within what was encoded."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for before in range(3):
        begin, end = -(-8 * before // 6), 8 * (before + len(secret)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"x" * before + secret + b"xx")[begin:end]


def secret_of(key: str) -> bytes:
    return key.rpartition("_")[2][:SECRET_LENGTH].encode()


def dump_of_postgresql(stack: Stack) -> bytes:
    pg_dump = str(server_binaries.postgresql_client("pg_dump"))
    return subprocess.run([pg_dump, "--data-only", stack.database_url], check=True, capture_output=True).stdout


def dump_of_redis(stack: Stack) -> bytes:
    """Every key and value of every database."""
    found: list[bytes] = []
    with Redis.from_url(stack.redis.url) as client:
        databases = [int(name.removeprefix("db")) for name in client.info("keyspace")]
    for number in databases:
        with Redis(port=stack.redis.port, db=number) as client:
            for key in client.scan_iter(count=1000):
                found += [key, *parts_of(client, key)]
    assert found
    return repr(found).encode()


class Overheard:
    """Everything that is sent to Redis, what expires soon among it."""

    def __init__(self, stack: Stack) -> None:
        self._client = Redis.from_url(stack.redis.url)
        self.commands: list[str] = []
        self._is_listening = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def _listen(self) -> None:
        with self._client.monitor() as monitor:
            self._is_listening.set()
            for command in monitor.listen():
                self.commands.append(command["command"])
                if command["command"].startswith("ECHO enough"):
                    return

    def __enter__(self) -> "Overheard":
        self._thread.start()
        self._is_listening.wait(TIMEOUT)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.echo("enough")
        self._thread.join(TIMEOUT)
        self._client.close()


def use(user: ApiUser, key: str) -> None:
    """Ask for everything that keeps something of a request."""
    stack, mine = user.stack, replace(user, access_token=key, http=requests.Session())
    headers = {"Idempotency-Key": token_hex(8)}
    room = mine.room()
    sent = mine.send(room, "Hello", headers=headers)
    assert mine.send(room, "Hello", headers=headers)["id"] == sent["id"]
    stream = f"http://127.0.0.1:{stack.stream_port}/message/{sent['id']}/stream"
    assert sse.read(stream, headers={"Authorization": f"Bearer {key}"}).end is not None
    mine.wait_for_reply(sent["id"])
    mine.upload("note.txt", b"A note of a program.")
    reads = ("/usage", "/chatroom", "/search?q=hello", "/v1/models", f"/chatroom/{room}/export")
    answers = [
        *(mine.call("POST", path, json=body, headers=headers) for path, body in BODIES.items() for _ in range(2)),
        *(mine.call("GET", path) for path in reads),
    ]
    assert [answer.text for answer in answers if not answer.ok] == []
    refused = [
        mine.call("GET", "/user/me"),
        mine.call("POST", "/api-keys", json={"name": "Program", "scopes": []}, headers=headers),
        mine.call("GET", "/usage", headers={"Authorization": f"Bearer {key[:-1]}"}),
        requests.get(f"{stack.url}/{key}?key={key}&ticket={key}", timeout=TIMEOUT),
        requests.get(f"{stream}?ticket={key}", timeout=TIMEOUT),
        requests.post(f"{stack.url}/auth/refresh", json={"refresh_token": key}, timeout=TIMEOUT),
    ]
    assert {answer.status_code for answer in refused} <= {400, 401, 403, 404}


def make(user: ApiUser, path: str = "/api-keys", **body: Any) -> dict[str, Any]:
    response = user.call("POST", path, json=body, headers={"Idempotency-Key": "made-once"})
    assert response.ok, response.text
    return dict(response.json())


def test_a_dump_has_no_usable_key(breakable: Stack) -> None:
    stack = breakable
    user = stack.sign_up()
    with Overheard(stack) as overheard:
        first = make(user, name="Program", scopes=SCOPES)
        again = make(user, name="Program", scopes=SCOPES)
        use(user, first["key"])
        rotated = make(user, f"/api-keys/{first['id']}/rotate", overlap=3600)
        use(user, rotated["key"])
        program = replace(user, access_token=rotated["key"], http=requests.Session())
        url = "https://hooks.example.com/kuvaka"
        endpoint = make(program, "/webhook-endpoints", url=url, event_types=["reply.done"])
        turned = make(program, f"/webhook-endpoints/{endpoint['id']}/rotate", overlap=3600)
        make(program, f"/webhook-endpoints/{endpoint['id']}/test")
        user.call("DELETE", f"/api-keys/{again['id']}")
        in_redis = dump_of_redis(stack)
    dump = dump_of_postgresql(stack)
    logs = "".join(map(stack.log, PROCESSES)).encode()
    keys = [first["key"], again["key"], rotated["key"]]
    secrets = [secret_of(key) for key in keys]
    of_endpoints = [base64.b64decode(each["secret"].removeprefix("whsec_")) for each in (endpoint, turned)]
    places = {"PostgreSQL": dump, "Redis": in_redis, "logs": logs, "sent": "\n".join(overheard.commands).encode()}
    assert UUID(first["id"]).hex[:8].encode() in dump.replace(b"-", b""), "the dump has what it should have"
    assert len(overheard.commands) > 50
    found = [
        (place, form)
        for place, text in places.items()
        for secret in (*secrets, *of_endpoints)
        for form in forms(secret)
        if form in text
    ]
    assert found == []
    assert_nothing_in_the_row_is_a_key(stack, first["id"])
    assert user.call("GET", "/usage", headers={"Authorization": f"Bearer {keys[2]}"}).status_code == 200


def assert_nothing_in_the_row_is_a_key(stack: Stack, key_id: str) -> None:
    """Who has the dump can make a text of the right shape and checksum, but not with the secret."""
    [(current, previous)] = stack.sql("SELECT secret_hash, previous_hash FROM accounts_apikey WHERE id = %s", key_id)
    for known in (current, previous, UUID(key_id).hex * 2):
        for secret in (known[:SECRET_LENGTH], known[-SECRET_LENGTH:]):
            text = str(KeyText(id=UUID(key_id), secret=secret))
            response = requests.get(f"{stack.url}/usage", headers={"Authorization": f"Bearer {text}"}, timeout=TIMEOUT)
            assert (response.status_code, response.json()["code"]) == (401, "api_key_invalid")
