"""DELETE /user/me: the account is marked, signed out at once, and changes no more."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import credentials, otp
from accounts.exceptions import InvalidCode, InvalidCredentials, SessionEnded
from accounts.models import Purpose, Session, User
from accounts.personal_data import erasure
from tests.accounts.conftest import PASSWORD, change_me, problem
from tests.accounts.erasure.conftest import ADDRESS, delete_me
from tests.locks import wait_for_a_waiter


def test_a_deletion_is_accepted_and_published_on_commit(
    client: Any, number: str, sign_in: Callable[..., Any], published: list[Any],
    django_capture_on_commit_callbacks: Any, logged: Any,
) -> None:  # fmt: skip
    token = sign_in(number)["access_token"]
    alice = User.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        response = delete_me(client, token)
        assert published == []
    assert (response.status_code, list(response.json())) == (202, ["message"])
    assert published == [("accounts.tasks.erase", alice.pk)]
    assert "security.erasure_requested" in logged.getvalue()


@pytest.mark.parametrize("token", ["access", "refresh", "another device's access", "another device's refresh"])
def test_every_device_is_signed_out_at_once(
    client: Any, number: str, sign_in: Callable[..., Any], published: list[Any], token: str
) -> None:
    other, mine = sign_in(number), sign_in(number)
    assert delete_me(client, mine["access_token"]).status_code == 202
    tokens = other if token.startswith("another") else mine
    response = (
        client.ask("/user/me", tokens["access_token"])
        if token.endswith("access")
        else client.send("/auth/refresh", refresh_token=tokens["refresh_token"])
    )
    assert problem(response) == (401, "session_ended")
    assert not Session.objects.filter(revoked_at=None).exists()


def test_an_account_being_erased_cannot_sign_in(
    client: Any, number: str, sign_in: Callable[..., Any], code_for: Callable[..., str], published: list[Any]
) -> None:
    delete_me(client, sign_in(number, password=PASSWORD)["access_token"])
    by_code = client.send("/auth/verify-otp", mobile_number=number, otp=code_for(number))
    assert problem(by_code) == (400, "invalid_code")
    assert problem(client.send("/auth/login", mobile_number=number, password=PASSWORD)) == (401, "invalid_credentials")
    assert not Session.objects.filter(revoked_at=None).exists()


def test_a_request_in_progress_changes_nothing_after_the_mark(alice: User) -> None:
    erasure.begin(user_id=alice.pk)
    before = User.objects.values().get(pk=alice.pk)
    with pytest.raises(SessionEnded), transaction.atomic():
        User.touch_rooms(alice.pk)
    with pytest.raises(SessionEnded):
        erasure.begin(user_id=alice.pk)
    assert User.objects.values().get(pk=alice.pk) == before


def test_a_change_in_progress_is_refused_after_the_mark(
    client: Any, number: str, sign_in: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, published: list[Any]
) -> None:
    from accounts.serializers import MeSerializer

    token = sign_in(number)["access_token"]
    alice, checked = User.objects.get(), MeSerializer.is_valid

    def begin_erasure_first(self: Any, **options: Any) -> bool:
        erasure.begin(user_id=alice.pk)
        return bool(checked(self, **options))

    monkeypatch.setattr(MeSerializer, "is_valid", begin_erasure_first)
    assert problem(change_me(client, token, display_name="Asha")) == (401, "session_ended")
    assert User.objects.get().display_name == ""


def test_staff_cannot_erase_their_accounts(
    client: Any, number: str, sign_in: Callable[..., Any], published: list[Any], logged: Any
) -> None:
    token = sign_in(number)["access_token"]
    User.objects.update(is_staff=True)
    before = User.objects.values().get()
    assert problem(delete_me(client, token)) == (409, "staff_account")
    assert User.objects.values().get() == before
    assert client.ask("/user/me", token).status_code == 200
    assert published == []
    assert "erasure" not in logged.getvalue()


def test_erasing_requires_authentication(client: Any, alice: User) -> None:
    assert problem(client.delete("/user/me")) == (401, "not_authenticated")
    assert User.objects.get().erasing_at is None


def test_an_account_being_erased_cannot_be_enabled(alice: User) -> None:
    erasure.begin(user_id=alice.pk)
    with pytest.raises(IntegrityError, match="user_erasing_is_signed_out_and_tried"), transaction.atomic():
        User.objects.update(is_active=True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", ["code", "password"])
def test_a_sign_in_that_waits_for_the_mark_begins_no_session(
    new_number: Callable[[], str], settings: Any, monkeypatch: pytest.MonkeyPatch, published: list[Any], by: str
) -> None:
    alice = User.objects.create_user(new_number(), PASSWORD)
    number, refused = alice.mobile_number, []
    settings.SMS_DELIVERY = "response"
    [digits] = otp.request(otp.CodeRequest(mobile_number=number, purpose=Purpose.SIGN_IN), address=ADDRESS)

    def sign_in() -> None:
        try:
            if by == "code":
                credentials.sign_in_by_code(mobile_number=number, digits=digits or "", password=None, user_agent="")
            else:
                credentials.sign_in_by_password(mobile_number=number, password=PASSWORD, user_agent="")
        except (InvalidCode, InvalidCredentials) as error:
            refused.append(type(error))
        finally:
            connection.close()

    with transaction.atomic():
        erasure.begin(user_id=alice.pk)
        other = Thread(target=sign_in)
        other.start()
        wait_for_a_waiter()
    other.join(60)
    assert refused == [InvalidCode if by == "code" else InvalidCredentials]
    assert not Session.objects.exists()
