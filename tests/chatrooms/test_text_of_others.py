"""Texts put into Markdown swallow nothing of what follows; what shows nothing is refused; titles are undressed."""

import pytest
from rest_framework.test import APIClient

from accounts import sessions, tokens
from accounts.models import Session, User
from chatrooms.markdown import closed
from gemini.prompts import title_of


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("plain", ""),
        ("```python\nx = 1", "\n```"),
        ("```python\nx = 1\n```", ""),
        ("````\n```\nx", "\n````"),
        ("~~~\n```\nx", "\n~~~"),
        ("~~~\nx\n~~~~", ""),
        ("```\nx\n``` y", "\n```"),
        ("``` `not a fence", ""),
        ("    ```\nindented code", ""),
        ("<!-- hidden\nand", "\n-->"),
        ("<!-- hidden -->\nand", ""),
        ("<pre>\nx", "\n</pre>"),
        ("<script>alert(1)</script>", ""),
        ("<previous>", ""),
    ],
)
def test_what_is_left_open_is_closed(text: str, end: str) -> None:
    assert closed(text) == text + end


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["\u200b", "\u2800", "\u3164", "\ufeff", " \u00ad\u200d\n"])
def test_names_and_messages_that_show_nothing_are_refused(text: str) -> None:
    user = User.objects.create_user("+919812300002")
    access = tokens.pair_of(sessions.start(user=user, method=Session.Method.CODE, user_agent="")).access
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    room = client.post("/chatroom", {"name": "Seen"}).json()["id"]
    for method, path, body in (
        ("post", "/chatroom", {"name": text}),
        ("patch", f"/chatroom/{room}", {"name": text}),
        ("post", f"/chatroom/{room}/message", {"content": text}),
    ):
        answer = getattr(client, method)(path, body)
        assert answer.status_code == 400, (path, answer.content)
        assert [error["code"] for error in answer.json()["errors"]] == ["blank"]


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ('```json {"title": "In JSON"} ```', "In JSON"),
        ('```json\n{"title": "In JSON"}\n```', "In JSON"),
        ('{"title": "In JSON"}', "In JSON"),
        ("<think>What would fit?\nYes.</think>\nRain", "Rain"),
        ("Learning C#", "Learning C#"),
        ("`code` and more", "`code` and more"),
        ("“A” and “B”", "“A” and “B”"),
        ("**Bold**", "Bold"),
        ("# “Heading.”", "Heading"),
        ("می\u200cخواهم بروم", "می\u200cخواهم بروم"),  # noqa: RUF001
        ("ශ්\u200dරී ලංකා", "ශ්\u200dරී ලංකා"),
        ("👨\u200d👩\u200d👧 Family", "👨\u200d👩\u200d👧 Family"),
        ("\u200d", ""),
    ],
)
def test_titles_are_undressed_and_spelt_as_they_were(said: str, title: str) -> None:
    assert title_of(said) == title
