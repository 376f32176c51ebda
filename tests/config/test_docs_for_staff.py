"""In production staff see the API's documentation with an access token, and other users do not."""

from typing import Any

import pytest
from django.test import Client

from accounts import sessions, tokens
from accounts.models import Session, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def bearer(user: User) -> dict[str, str]:
    pair = tokens.pair_of(sessions.start(user=user, method=Session.Method.CODE, user_agent=""))
    return {"Authorization": f"Bearer {pair.access}"}


@pytest.mark.parametrize("path", ["/schema", "/docs"])
def test_staff_see_it_with_a_token(settings: Any, path: str) -> None:
    settings.DEBUG = False
    assert Client().get(path, headers=bearer(make_user(is_staff=True))).status_code == 200
    assert Client().get(path, headers=bearer(make_user())).status_code == 403
    assert Client().get(path).status_code == 401
