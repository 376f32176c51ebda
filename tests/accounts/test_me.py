from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.renderers import JSONRenderer

from accounts.models import User
from accounts.serializers import MeSerializer
from tests.accounts.conftest import change_me, field_codes, problem


@pytest.fixture
def token(number: str, sign_in: Callable[..., Any]) -> str:
    return str(sign_in(number)["access_token"])


def test_the_account_is_shown(client: Any, number: str, token: str) -> None:
    body = client.ask("/user/me", token).json()
    assert set(body) == {"id", "mobile_number", "is_pro", "display_name", "language", "password_set", "created_at"}
    assert (body["mobile_number"], body["is_pro"], body["password_set"]) == (number, False, False)


@pytest.mark.parametrize("password", [None, "a-password-of-hers"])
def test_it_is_what_its_serializer_gives(client: Any, number: str, token: str, password: str | None) -> None:
    user = User.objects.get(mobile_number=number)
    if password:
        user.set_password(password)
        user.save()
    assert client.ask("/user/me", token).content == JSONRenderer().render(MeSerializer(user).data)


def test_name_and_language_can_be_changed(client: Any, token: str) -> None:
    response = change_me(client, token, display_name="Asha 🐘", language="en-IN")
    assert response.status_code == 200
    assert client.ask("/user/me", token).json() == response.json()
    assert User.objects.get().display_name == "Asha 🐘"


def test_a_change_of_one_field_leaves_the_other(client: Any, token: str) -> None:
    change_me(client, token, display_name="Asha")
    change_me(client, token, language="hi")
    user = User.objects.get()
    assert (user.display_name, user.language) == ("Asha", "hi")


def test_nothing_else_can_be_set(client: Any, number: str, token: str) -> None:
    before = User.objects.values().get()
    every_field = dict.fromkeys(before, 1) | {"mobile_number": "+919876543219", "is_pro": True, "user": 5}
    every_field |= {"display_name": before["display_name"], "language": before["language"]}
    assert change_me(client, token, **every_field).status_code == 200
    assert User.objects.values().get() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"language": "not a language"}, "language"),
        ({"language": "e" * 36}, "language"),
        ({"display_name": "x" * 81}, "display_name"),
        ({"display_name": "a\x00b"}, "display_name"),
        ({"display_name": None}, "display_name"),
    ],
)
def test_what_is_not_valid_changes_nothing(client: Any, token: str, body: dict[str, Any], field: str) -> None:
    assert {name for name, _ in field_codes(change_me(client, token, **body))} == {field}
    assert (User.objects.get().display_name, User.objects.get().language) == ("", "")


def test_a_change_does_not_overwrite_a_parallel_change(client: Any, token: str) -> None:
    from unittest import mock

    from accounts.serializers import MeSerializer

    checked = MeSerializer.is_valid

    def be_slow(self: Any, **options: Any) -> bool:
        User.objects.update(rooms_version=7, is_active=False)
        return bool(checked(self, **options))

    with mock.patch.object(MeSerializer, "is_valid", be_slow):
        change_me(client, token, display_name="Asha")
    user = User.objects.get()
    assert (user.rooms_version, user.is_active, user.display_name) == (7, False, "Asha")


def test_it_is_for_the_signed_in(client: Any) -> None:
    assert problem(client.ask("/user/me")) == (401, "not_authenticated")
    assert client.ask("/user/me")["WWW-Authenticate"] == "Bearer"


def test_a_request_asks_for_user_and_session_at_once(client: Any, token: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        client.ask("/user/me", token)
