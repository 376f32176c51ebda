"""The desk as its staff see it, and a person whom it is about."""

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
from chatrooms import conversation, rooms
from chatrooms.models import Chatroom, Message, Reply, Status
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
def desk_of() -> Callable[[User], Client]:
    """The desk of one of the staff, who has shown the second factor."""

    def make(staff: User) -> Client:
        client = Client()
        client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = TOTPDevice.objects.get(user=staff).persistent_id
        session.save()
        return client

    return make


@pytest.fixture
def support(make_staff: Callable[..., User]) -> User:
    return make_staff("support")


@pytest.fixture
def desk(desk_of: Callable[[User], Client], support: User) -> Client:
    """The desk of somebody who has the role support and nothing else."""
    return desk_of(support)


@pytest.fixture
def person(db: None) -> User:
    return factories.make_user(display_name="Asha")


@pytest.fixture
def room(person: User) -> Chatroom:
    return rooms.create(user_id=person.pk, name="Divorce papers")


@pytest.fixture
def failed(person: User, room: Chatroom) -> Reply:
    """An answer that has failed, and whose unit went back."""
    message = conversation.send(user_id=person.pk, room_id=room.pk, content="A secret question")
    return fail(message)


def fail(message: Message, error: str = "provider_timeout") -> Reply:
    from billing import quota

    reply = Reply.objects.get(answers=message)
    Reply.objects.filter(pk=reply.pk).update(status=Status.FAILED, error=error, attempt=3)
    quota.give_back(unit_id=reply.unit_id)
    reply.refresh_from_db()
    return reply


def sign_in(number: str, code: str, password: str = PASSWORD, client: Client | None = None, **extra: Any) -> Client:
    client = client or Client()
    client.post("/admin/login/", {"username": number, "password": password, "otp_token": code}, **extra)
    return client


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def page_of(person: User) -> str:
    return f"/admin/accounts/user/{person.pk}/change/"


def do(desk: Client, target: Any, name: str, **data: Any) -> Any:
    """Confirm a deed, as the form does it."""
    meta = target._meta
    address = f"/admin/{meta.app_label}/{meta.model_name}/{target.pk}/do/{name}/"
    return desk.post(address, {"reason": "Ticket 17", **data})


def record() -> StaffAction:
    newest = StaffAction.objects.order_by("-pk").first()
    assert newest is not None
    return newest
