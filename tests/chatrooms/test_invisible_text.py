"""Names and messages of invisible characters are refused."""

import pytest
from rest_framework.test import APIClient

from accounts import sessions, tokens
from accounts.models import Session, User


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["\u200b", "\u2800", "\u3164", "\ufeff", " \u00ad\u200d\n"])
def test_invisible_names_and_messages_are_refused(text: str) -> None:
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
        response = getattr(client, method)(path, body)
        assert response.status_code == 400, (path, response.content)
        assert [error["code"] for error in response.json()["errors"]] == ["blank"]
