"""The search for users, and the page of a user."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts import sessions
from accounts.models import FailedAttempts, OneTimeCode, Session, User
from accounts.personal_data import erasure
from billing import grants
from chatrooms.models import Chatroom, Reply, RoomKind
from tests.admin.conftest import page_of, text_of
from tests.billing.stripe_fixtures import subscribe

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "spell",
    [
        lambda number: number,
        lambda number: f"0{number[3:]}",
        lambda number: f"0091 {number[3:8]}-{number[8:]}",
        lambda number: f"({number[:3]}) {number[3:]}",
        lambda number: number[3:],
        lambda number: "".join(chr(ord(digit) + 0xFEE0) if digit.isdigit() else digit for digit in number),
    ],
)
def test_any_spelling_of_the_number_finds_the_user(
    staff_client: Client, alice: User, spell: Callable[[str], str]
) -> None:
    page = text_of(staff_client.get("/admin/accounts/user/", {"q": spell(alice.mobile_number)}))
    assert page_of(alice) in page


def test_an_id_finds_the_user(staff_client: Client, alice: User) -> None:
    assert page_of(alice) in text_of(staff_client.get("/admin/accounts/user/", {"q": str(alice.pk)}))


def test_a_stripe_id_finds_the_paying_user(staff_client: Client, alice: User, stripe_double: Any) -> None:
    subscription = subscribe(stripe_double, alice)
    customer = stripe_double.objects("subscriptions")[subscription]["customer"]
    from billing import mirror

    mirror.refresh_customer(customer_id=customer)
    for term in (customer, subscription):
        assert page_of(alice) in text_of(staff_client.get("/admin/accounts/user/", {"q": term}))


@pytest.mark.parametrize("term", ["+919999999999", "cus_unknown", "nobody", "9" * 30, "%"])
def test_unknown_terms_find_no_user(staff_client: Client, alice: User, term: str) -> None:
    assert page_of(alice) not in text_of(staff_client.get("/admin/accounts/user/", {"q": term}, follow=True))


def test_the_page_shows_tier_reason_and_allowance(staff_client: Client, alice: User, support: User) -> None:
    grants.give(user_id=alice.pk, ends_at=timezone.now() + timedelta(days=3), reason="Goodwill", granted_by=support.pk)
    page = text_of(staff_client.get(page_of(alice)))
    for words in ("Pro", "a grant", "Goodwill", "Used today", alice.mobile_number, "Alice"):
        assert words in page


def test_the_page_shows_why_the_user_cannot_sign_in(staff_client: Client, alice: User) -> None:
    FailedAttempts.objects.create(
        mobile_number=alice.mobile_number, kind="code", failures=20, locked_until=Now() + timedelta(hours=5)
    )
    OneTimeCode.objects.create(
        mobile_number=alice.mobile_number, purpose="sign_in", prefix="", country="IN", address="", deliveries=3
    )
    late = OneTimeCode.objects.create(
        mobile_number=alice.mobile_number, purpose="sign_in", prefix="", country="IN", address=""
    )
    OneTimeCode.objects.filter(pk=late.pk).update(created_at=Now() - timedelta(days=1, seconds=5))
    page = text_of(staff_client.get(page_of(alice)))
    assert "locked until" in page
    assert "waiting to be sent" not in page, "the code is a day old"
    assert "not sent" in page
    assert "refused by the SMS provider" in page


def test_the_page_shows_failures_without_content(staff_client: Client, alice: User, failed_reply: Reply) -> None:
    page = text_of(staff_client.get(page_of(alice)))
    assert "provider_timeout" in page
    assert "secret question" not in page
    assert "Divorce" not in page, "the name of a room reveals its topic"


def test_the_page_shows_listed_rooms_only(staff_client: Client, alice: User, room: Chatroom) -> None:
    hidden = Chatroom.objects.create(user=alice, name="completion", kind=RoomKind.COMPLETION)
    page = staff_client.get(page_of(alice)).content.decode()
    assert f"/admin/chatrooms/chatroom/{room.pk}/change/" in page
    assert f"/admin/chatrooms/chatroom/{hidden.pk}/change/" not in page


def test_the_page_links_to_the_stripe_dashboard(staff_client: Client, alice: User, stripe_double: Any) -> None:
    from billing import mirror

    subscription = subscribe(stripe_double, alice)
    customer = stripe_double.objects("subscriptions")[subscription]["customer"]
    mirror.refresh_customer(customer_id=customer)
    page = text_of(staff_client.get(page_of(alice)))
    assert f"https://dashboard.stripe.com/test/customers/{customer}" in page
    assert "9.99 USD" in page


def test_the_page_shows_sessions_and_erasure(staff_client: Client, alice: User) -> None:
    sessions.start(user=alice, method=Session.Method.CODE, user_agent="A telephone")
    assert "A telephone" in text_of(staff_client.get(page_of(alice)))
    erasure.begin(user_id=alice.pk)
    page = text_of(staff_client.get(page_of(alice)))
    assert "being erased" in page
    assert "do/erase/" not in page


def test_markup_from_a_user_is_escaped(staff_client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(display_name="<script>alert(1)</script>")
    sessions.start(user=alice, method=Session.Method.CODE, user_agent="<img src=x onerror=alert(1)>")
    for path in (page_of(alice), "/admin/accounts/user/"):
        page = text_of(staff_client.get(path))
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_no_page_takes_more_than_twenty_queries(
    staff_client: Client,
    alice: User,
    failed_reply: Reply,
    room: Chatroom,
    stripe_double: Any,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    from billing import mirror

    subscription = subscribe(stripe_double, alice)
    mirror.refresh_customer(customer_id=stripe_double.objects("subscriptions")[subscription]["customer"])
    for number in range(12):
        sessions.start(user=alice, method=Session.Method.CODE, user_agent=str(number))
        grants.give(user_id=alice.pk, ends_at=timezone.now() + timedelta(days=1), reason="x", granted_by=None)
    pages = [page_of(alice), f"/admin/chatrooms/reply/{failed_reply.pk}/change/"]
    pages += [f"/admin/{name}/" for name in LISTS]
    for path in ["/admin/", *pages]:
        with django_assert_max_num_queries(20):
            assert staff_client.get(path).status_code == 200, path


LISTS = (
    "accounts/user",
    "accounts/staffaction",
    "billing/grant",
    "billing/ledgerentry",
    "billing/stripeevent",
    "chatrooms/chatroom",
    "chatrooms/reply",
    "djstripe/customer",
    "djstripe/invoice",
    "djstripe/subscription",
)
