"""A room as Markdown: what one message leaves open swallows no other, and a name makes one heading."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from chatrooms.models import Chatroom, Message, Reply

pytestmark = pytest.mark.django_db


def lines_of(response: Any) -> list[str]:
    return b"".join(response.streaming_content).decode().splitlines()


@pytest.mark.parametrize(("opened", "end"), [("```python", "```"), ("~~~~", "~~~~"), ("<!-- a", "-->")])
@pytest.mark.parametrize("author", ["user", "model"])
def test_an_open_block_ends_before_the_next_message(
    client: APIClient, room: Chatroom, send: Callable[..., Message], opened: str, end: str, author: str
) -> None:
    text = f"Look:\n{opened}\nfor x in y:"
    first = send(room, text if author == "user" else "Write a loop")
    reply = text if author == "model" else "I see"
    Reply.objects.filter(answers=first).update(status="done", content=reply, model="m", finish_reason="max_tokens")
    Reply.objects.filter(answers=send(room, "Thanks")).update(status="done", content="Welcome", model="m")
    lines = lines_of(client.get(f"/chatroom/{room.pk}/export?format=markdown"))
    following = lines.index("**m**") if author == "user" else lines.index("Thanks") - 2
    assert lines[following - 2] == end
    assert lines.index(opened) < following - 2
    assert sum(line in (opened, end) for line in lines) == 2
    assert lines[-1] == "Welcome"


@pytest.mark.parametrize("name", ["Trip\n# Rome", "Trip\r\n\r\n# Rome", "Trip\u2028# Rome"])
def test_a_name_of_several_lines_is_one_heading(client: APIClient, room: Chatroom, name: str) -> None:
    Chatroom.objects.filter(pk=room.pk).update(name=name)
    lines = lines_of(client.get(f"/chatroom/{room.pk}/export?format=markdown"))
    assert [line for line in lines if line.startswith("#")] == ["# Trip # Rome"]
