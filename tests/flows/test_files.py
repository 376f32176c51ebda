"""A picture, a PDF and a sound: uploaded, read by the model, asked about again, downloaded and exported."""

import pytest
import requests

from tests.chatrooms.attachments import samples
from tests.stack import Stack
from tests.waiting import TIMEOUT

pytestmark = pytest.mark.stack


def test_files_are_part_of_a_conversation(stack: Stack) -> None:
    stack.set_tier("basic", context_tokens=64_000)
    user = stack.sign_up()
    room = user.room()
    files = [
        user.upload("photo.png", samples.picture("PNG", size=(900, 700))),
        user.upload("report.pdf", samples.pdf(40)),
        user.upload("talk.wav", samples.wav(180)),
    ]
    assert [(file["kind"], file["pages"], round(file["seconds"] or 0)) for file in files] == [
        ("image", None, 0),
        ("pdf", 40, 0),
        ("audio", None, 180),
    ]

    body = {"content": "What are these?", "file_ids": [file["id"] for file in files]}
    sent = user.call("POST", f"/chatroom/{room}/message", json=body).json()
    assert [file["name"] for file in sent["files"]] == ["photo.png", "report.pdf", "talk.wav"]
    streamed = requests.get(sent["stream_url"], timeout=TIMEOUT).text
    assert "event: done" in streamed
    for _ in range(10):
        user.wait_for_reply(user.send(room, "And what else?")["id"])

    last = stack.double.calls()[-1]
    first_turn = next(turn for turn in last["contents"] if turn["role"] == "user")
    kinds = [next(iter(part)) for part in first_turn["parts"]]
    assert len(kinds) == 4
    assert (kinds[-1], set(kinds[:-1]) <= {"fileData", "inlineData"}) == ("text", True)
    uploads = stack.double.files()
    assert len(uploads) == len({file["sha256"] for file in uploads}) == kinds.count("fileData") >= 1

    shown = user.call("GET", f"/files/{files[0]['id']}").json()
    content = requests.get(shown["url"], timeout=TIMEOUT)
    assert (content.headers["Content-Type"], content.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    exported = user.call("GET", f"/chatroom/{room}/export").json()["messages"][0]
    assert [file["name"] for file in exported["files"]] == ["photo.png", "report.pdf", "talk.wav"]
