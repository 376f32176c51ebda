"""The packed clients against the real stack: they talk, survive kills, and the generated methods make the tour."""

import json
import random
from pathlib import Path

import pytest

from tests.api_user import ApiUser
from tests.client_packages import packing
from tests.client_packages.packing import Packed
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(900)]

TEXT = " ".join(f"word{number} हि \U0001f600" for number in range(40)) + " ☂\u2028."
"""Some programs take U+2028 for a line break."""

TOUR = {
    "reply": ["done", "A wind."],
    "rooms": ["Weather"],
    "messages": ["What is a monsoon?"],
    "found": [True],
    "used": 1,
    "file": ["note.txt", 7, "A note."],
    "whole": 1,
    "deleted": [204, 204, "not_found"],
}


def stored(stack: Stack, message_id: int) -> tuple[str, str, int]:
    [row] = stack.sql("SELECT status, content, attempt FROM chatrooms_message WHERE answers_id = %s", message_id)
    return row


def key_of(user: ApiUser) -> str:
    scopes = ["rooms:read", "rooms:write", "messages:write", "usage:read"]
    made = user.call("POST", "/api-keys", json={"name": "Program", "scopes": scopes})
    assert made.status_code == 201, made.text
    return str(made.json()["key"])


def test_a_program_with_a_key_talks_and_waits(breakable: Stack, packed: Packed, tmp_path: Path) -> None:
    user = breakable.sign_up()
    key = key_of(user)
    breakable.double.default(text=TEXT, chunks=8)
    [made] = packed.run(tmp_path, "room", url=breakable.url, key=key)
    *pieces, end = packed.run(tmp_path, "send", made["room"], "What is a monsoon?", url=breakable.url, key=key)
    assert {line["type"] for line in pieces} == {"delta"}
    assert "".join(line["text"] for line in pieces) == TEXT == end["text"] == stored(breakable, end["id"])[1]
    assert packed.run(tmp_path, "wait", end["id"], 60, url=breakable.url, key=key) == [end]
    assert breakable.sql("SELECT count(*) FROM chatrooms_message WHERE user_id = %s AND role = 'user'", user.id) == [
        (1,)
    ]


def test_the_first_program_of_the_readme_works(breakable: Stack, packed: Packed) -> None:
    breakable.double.default(text=TEXT, chunks=8)
    assert packed.run_readme(breakable.url, key_of(breakable.sign_up())) == TEXT


def test_a_killed_stream_process_repeats_nothing(breakable: Stack, packed: Packed, tmp_path: Path) -> None:
    stack, user = breakable, breakable.sign_up()
    stack.double.default(text=TEXT, chunks=40, delay=0.1, hold=8)
    room = user.room()
    talk = packed.start(tmp_path, "send", room, "What is a monsoon?", url=stack.url, key=user.access_token)
    talk.wait_for_text("word5")
    stack.kill("stream")
    stack.start("stream")
    stack.double.release()
    *pieces, end = talk.lines_at_end()
    assert {line["type"] for line in pieces} == {"delta"}
    assert "".join(line["text"] for line in pieces) == TEXT
    assert (end["status"], end["text"]) == ("done", TEXT)


def test_a_killed_worker_repeats_nothing(breakable: Stack, packed: Packed, tmp_path: Path) -> None:
    """The second attempt sends the same text again from its beginning."""
    stack, user = breakable, breakable.sign_up()
    stack.double.script({"text": TEXT, "chunks": 40, "hold": 8})
    stack.double.default(text=TEXT, chunks=40, delay=0.1)
    room = user.room()
    talk = packed.start(tmp_path, "send", room, "What is a monsoon?", url=stack.url, key=user.access_token)
    talk.wait_for_text("word5")
    stack.kill("worker")
    stack.redis.empty()
    stack.start("worker")
    *pieces, end = talk.lines_at_end()
    assert stored(stack, end["id"]) == ("done", TEXT, 2)
    assert {line["type"] for line in pieces} == {"delta"}
    assert "".join(line["text"] for line in pieces) == TEXT == end["text"]


def test_another_text_begins_again(breakable: Stack, packed: Packed, tmp_path: Path) -> None:
    stack, user = breakable, breakable.sign_up()
    stack.double.default(text=f"Other {TEXT}", chunks=4)
    stack.double.script({"text": TEXT, "chunks": 40, "hold": 8})
    room = user.room()
    talk = packed.start(tmp_path, "send", room, "What is a monsoon?", url=stack.url, key=user.access_token)
    talk.wait_for_text("word5")
    stack.kill("worker")
    stack.start("worker")
    lines = talk.lines_at_end()
    assert [line["type"] for line in lines].count("restart") == 1
    assert talk.text() == lines[-1]["text"] == f"Other {TEXT}"


def test_a_stopped_reply_ends_with_its_text(breakable: Stack, packed: Packed, tmp_path: Path) -> None:
    stack, user = breakable, breakable.sign_up()
    stack.double.default(text=TEXT, chunks=40, hold=8)
    message = user.send(user.room(), "What is a monsoon?")
    talk = packed.start(tmp_path, "stream", message["id"], url=stack.url, key=user.access_token)
    talk.wait_for_text("word3")
    assert user.call("POST", f"/message/{message['id']}/stop").status_code == 200
    *pieces, end = talk.lines_at_end()
    assert (end["status"], end["text"]) == ("stopped", "".join(line["text"] for line in pieces))
    assert stored(stack, message["id"])[1] == end["text"]


def test_what_is_not_ours_is_refused_by_type(breakable: Stack, packed: Packed, tmp_path: Path) -> None:
    alice, mallory = breakable.sign_up(), breakable.sign_up()
    message = alice.send(alice.room(), "Hello")["id"]
    key = key_of(mallory)
    [stranger] = packed.run(tmp_path, "stream", message, url=breakable.url, key=key)
    [mistyped] = packed.run(tmp_path, "usage", url=breakable.url, key=f"{key}x")
    assert (stranger["refused"], stranger["status"], stranger["code"]) == ("NotFound", 404, "not_found")
    assert (mistyped["refused"], mistyped["status"], mistyped["code"]) == ("NotSignedIn", 401, "api_key_invalid")
    assert stranger["id"]
    assert mistyped["id"]


def number() -> str:
    return f"+919{random.randrange(10**8, 10**9)}"


def test_the_generated_methods_make_the_tour(breakable: Stack, packed: Packed) -> None:
    breakable.double.default(text="A wind.")
    assert packed.run_tour(breakable.url, number()) == TOUR


@pytest.mark.needs_node
def test_a_third_generators_client_makes_the_tour(breakable: Stack, tmp_path: Path) -> None:
    breakable.double.default(text="A wind.")
    folder = tmp_path / "tour"
    command = packing.openapi_fetch_tour(folder)
    assert json.loads(packing.output_of([*command, breakable.url, number()], folder, {})) == TOUR
