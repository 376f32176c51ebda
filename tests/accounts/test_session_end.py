"""What ends sessions ends them at once, for access and refresh tokens and on other devices."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from tests.accounts.conftest import OTHER_PASSWORD, PASSWORD


def sign_out(client: Any, mine: dict[str, Any], **_: Any) -> None:
    assert client.send("/auth/logout", refresh_token=mine["refresh_token"]).status_code == 204


def sign_out_everywhere(client: Any, mine: dict[str, Any], **_: Any) -> None:
    assert client.send("/auth/logout-all", mine["access_token"]).status_code == 204


def reset_the_password(client: Any, mine: dict[str, Any], number: str, code_for: Callable[..., str], **_: Any) -> None:
    digits = code_for(number, "/auth/forgot-password")
    body = {"mobile_number": number, "otp": digits, "new_password": OTHER_PASSWORD}
    assert client.send("/auth/reset-password", **body).status_code == 200


def change_the_number(
    client: Any, mine: dict[str, Any], new_number: Callable[[], str], pass_time: Callable[[float], None], **_: Any
) -> None:
    pass_time(61)
    codes = client.send("/auth/change-number", mine["access_token"], new_mobile_number=new_number()).json()
    body = {"otp": codes["otp"], "new_otp": codes["new_otp"]}
    assert client.send("/auth/change-number/confirm", mine["access_token"], **body).status_code == 200


def disable(**_: Any) -> None:
    User.objects.update(is_active=False)


def delete(**_: Any) -> None:
    User.objects.all().delete()


EVERYWHERE = (sign_out_everywhere, reset_the_password, change_the_number, disable, delete)


@pytest.mark.parametrize("with_password", [True, False])
@pytest.mark.parametrize("token", ["access", "refresh", "another device's refresh"])
@pytest.mark.parametrize("trigger", [sign_out, *EVERYWHERE])
def test_tokens_die_at_once(
    client: Any, number: str, new_number: Callable[[], str], sign_in: Callable[..., Any], code_for: Callable[..., str],
    pass_time: Callable[[float], None], trigger: Callable[..., None], token: str, with_password: bool,
) -> None:  # fmt: skip
    password = {"password": PASSWORD} if with_password else {}
    other, mine = sign_in(number, **password), sign_in(number)
    trigger(client=client, mine=mine, number=number, new_number=new_number, code_for=code_for, pass_time=pass_time)
    if token == "access":
        response = client.ask("/user/me", mine["access_token"])
    else:
        tokens = mine if token == "refresh" else other
        response = client.send("/auth/refresh", refresh_token=tokens["refresh_token"])
    survives = trigger is sign_out and token == "another device's refresh"
    assert response.status_code == (200 if survives else 401)


@pytest.mark.parametrize("token", ["access", "refresh", "another device's access", "another device's refresh"])
def test_a_changed_password_leaves_this_device_alone_signed_in(
    client: Any, number: str, sign_in: Callable[..., Any], token: str
) -> None:
    other, mine = sign_in(number, password=PASSWORD), sign_in(number)
    client.send("/auth/change-password", mine["access_token"], old_password=PASSWORD, new_password=OTHER_PASSWORD)
    tokens = other if token.startswith("another") else mine
    response = (
        client.ask("/user/me", tokens["access_token"])
        if token.endswith("access")
        else client.send("/auth/refresh", refresh_token=tokens["refresh_token"])
    )
    assert response.status_code == (401 if tokens is other else 200)
