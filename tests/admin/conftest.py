"""Clients of signed-in staff, and a user with a room and a failed reply."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import StaffAction, User
from billing import quota
from billing.models import DailyUsage, LedgerEntry
from chatrooms import conversation, rooms
from chatrooms.models import Chatroom, Reply, Status
from tests import factories
from tests.accounts.hashing import quick_hashing
from tests.accounts.twilio_fixtures import twilio, twilio_process
from tests.billing.stripe_fixtures import stripe_double, stripe_process

__all__ = ["quick_hashing", "stripe_double", "stripe_process", "twilio", "twilio_process"]

PASSWORD = "an unguessable passphrase of staff"
SEED = "3132333435363738393031323334353637383930"


def code_of(seed: str = SEED, ahead: int = 0) -> str:
    totp = TOTP(bytes.fromhex(seed))
    totp.time = time.time() + ahead
    return f"{totp.token():06}"


@pytest.fixture
def make_staff(db: None) -> Callable[..., User]:
    def make(*roles: str, **fields: Any) -> User:
        staff = factories.make_user(PASSWORD, is_staff=True, **fields)
        staff.groups.set(Group.objects.filter(name__in=roles))
        TOTPDevice.objects.create(user=staff, name="authenticator", key=SEED)
        return staff

    return make


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """Makes a client of a staff member who has signed in with the second factor."""

    def make(staff: User) -> Client:
        client = Client()
        client.force_login(staff, backend="accounts.staff.backend.StaffBackend")
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = TOTPDevice.objects.get(user=staff).persistent_id
        session.save()
        return client

    return make


@pytest.fixture
def support(make_staff: Callable[..., User]) -> User:
    return make_staff("support")


@pytest.fixture
def staff_client(client_of: Callable[[User], Client], support: User) -> Client:
    """The client of a staff member with the role support and no other permission."""
    return client_of(support)


@pytest.fixture
def alice(db: None) -> User:
    return factories.make_user(display_name="Alice")


@pytest.fixture
def room(alice: User) -> Chatroom:
    return rooms.create(user_id=alice.pk, name="Divorce papers")


@pytest.fixture
def failed_reply(alice: User, room: Chatroom) -> Reply:
    """A failed reply whose unit was refunded."""
    message = conversation.send(user_id=alice.pk, room_id=room.pk, content="A secret question")
    return fail_reply(message)


def fail_reply(message: conversation.Sent, error: str = "provider_timeout") -> Reply:
    reply = Reply.objects.get(answers_id=message.pk)
    Reply.objects.filter(pk=reply.pk).update(status=Status.FAILED, error=error, attempt=3)
    quota.refund(unit_id=reply.unit_id)
    reply.refresh_from_db()
    return reply


def sign_in(number: str, code: str, password: str = PASSWORD, client: Client | None = None, **extra: Any) -> Client:
    client = client or Client()
    client.post("/admin/login/", {"username": number, "password": password, "otp_token": code}, **extra)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def page_of(user: User) -> str:
    return f"/admin/accounts/user/{user.pk}/change/"


def run_action(client: Client, target: Any, name: str, **data: Any) -> Any:
    """Confirm an action, as its form does."""
    meta = target._meta
    url = f"/admin/{meta.app_label}/{meta.model_name}/{target.pk}/do/{name}/"
    return client.post(url, {"reason": "Ticket 17", **data})


def latest_action() -> StaffAction:
    latest = StaffAction.objects.order_by("-pk").first()
    assert latest is not None
    return latest


def units_used(user: User) -> int:
    return DailyUsage.objects.get(user=user).used


def books_agree(user: User) -> bool:
    return units_used(user) == sum(LedgerEntry.objects.filter(user=user).values_list("amount", flat=True))
