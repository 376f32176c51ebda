"""Each security event is one line of the log, with its time, the request and the user."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import suspension
from accounts.models import User
from chatrooms import rooms
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("+919812300077")


@pytest.fixture
def client(user: User) -> APIClient:
    return signed_in(user)


@pytest.fixture
def security_line(logged: io.StringIO) -> Callable[[str], str]:
    """The only line of the log about an event."""

    def only(event: str) -> str:
        [line] = [line for line in logged.getvalue().splitlines() if f"security.{event} " in line]
        assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z ", line), "the time is UTC"
        return line

    return only


def test_an_export_of_the_account(client: APIClient, user: User, security_line: Callable[[str], str]) -> None:
    response = client.get("/user/me/export")
    line = security_line("exported")
    assert f"user_id={user.pk}" in line
    assert response["X-Request-ID"] in line


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_an_export_of_a_room(client: APIClient, user: User, security_line: Callable[[str], str], form: str) -> None:
    room = rooms.create(user_id=user.pk, name="Room")
    response = client.get(f"/chatroom/{room.pk}/export?format={form}")
    line = security_line("exported")
    assert {f"user_id={user.pk}", f"room_id={room.pk}"} <= set(line.split())
    assert response["X-Request-ID"] in line


def test_what_is_not_exported_is_no_export(client: APIClient, user: User, logged: io.StringIO) -> None:
    room = rooms.create(user_id=user.pk, name="Room")
    exports = [client.get("/user/me/export") for _ in range(2)]
    refused = [
        client.get("/user/me/export"),
        client.get(f"/chatroom/{room.pk}/export"),
        client.get("/chatroom/0/export"),
    ]
    assert [response.status_code for response in (*exports, *refused)] == [200, 200, 429, 429, 404]
    assert logged.getvalue().count("security.exported ") == 2


def test_a_change_of_the_number(
    client: APIClient, user: User, security_line: Callable[[str], str], logged: io.StringIO
) -> None:
    codes = client.post("/auth/change-number", {"new_mobile_number": "+919812300078"}).json()
    assert "security.number_changed" not in logged.getvalue(), "nothing has changed yet"
    body = {"otp": codes["otp"], "new_otp": codes["new_otp"]}
    response = client.post("/auth/change-number/confirm", body)
    assert response.status_code == 200
    line = security_line("number_changed")
    assert f"user_id={user.pk}" in line
    assert response["X-Request-ID"] in line
    assert "98123" not in logged.getvalue()


def test_an_account_that_is_disabled_and_enabled(
    client: APIClient, user: User, security_line: Callable[[str], str]
) -> None:
    suspension.disable(user_id=user.pk)
    suspension.enable(user_id=user.pk)
    assert all(f"user_id={user.pk}" in security_line(event) for event in ("disabled", "enabled", "sessions_ended"))


def test_an_event_that_is_not_stripes(settings: Any, security_line: Callable[[str], str]) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_ours"]
    header = {"Stripe-Signature": "t=1,v1=00"}
    response = APIClient().post("/webhook/stripe", {"id": "evt_forged"}, headers=header, REMOTE_ADDR="198.51.100.9")
    assert response.status_code == 400
    line = security_line("webhook_refused")
    assert "address=198.51.100.9" in line
    assert response["X-Request-ID"] in line
    assert "evt_forged" not in line
