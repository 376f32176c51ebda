"""A person on one page, found by whatever they say their number is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts import sessions
from accounts.models import OneTimeCode, Session, Tries, User
from accounts.personal_data import erasure
from billing import grants
from chatrooms.models import Chatroom, Reply
from tests.billing.stripe_fixtures import subscribe
from tests.desk.conftest import page_of, text_of

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
def test_any_spelling_finds_the_person(desk: Client, person: User, spell: Callable[[str], str]) -> None:
    page = text_of(desk.get("/admin/accounts/user/", {"q": spell(person.mobile_number)}))
    assert page_of(person) in page


def test_an_id_finds_the_person(desk: Client, person: User) -> None:
    assert page_of(person) in text_of(desk.get("/admin/accounts/user/", {"q": str(person.pk)}))


def test_an_id_of_stripes_finds_who_pays(desk: Client, person: User, stripe_double: Any) -> None:
    subscription = subscribe(stripe_double, person)
    customer = stripe_double.things("subscriptions")[subscription]["customer"]
    from billing import mirror

    mirror.refresh_customer(customer_id=customer)
    for term in (customer, subscription):
        assert page_of(person) in text_of(desk.get("/admin/accounts/user/", {"q": term}))


@pytest.mark.parametrize("term", ["+919999999999", "cus_unknown", "nobody", "9" * 30, "%"])
def test_what_nobody_has_finds_nobody(desk: Client, person: User, term: str) -> None:
    assert page_of(person) not in text_of(desk.get("/admin/accounts/user/", {"q": term}, follow=True))


def test_the_page_tells_tier_reason_and_allowance(desk: Client, person: User, support: User) -> None:
    grants.give(user_id=person.pk, ends_at=timezone.now() + timedelta(days=3), reason="Goodwill", granted_by=support.pk)
    page = text_of(desk.get(page_of(person)))
    for words in ("Pro", "a grant", "Goodwill", "Used today", person.mobile_number, "Asha"):
        assert words in page


def test_the_page_tells_why_somebody_cannot_sign_in(desk: Client, person: User) -> None:
    Tries.objects.create(number=person.mobile_number, kind="code", failures=20, locked_until=Now() + timedelta(hours=5))
    OneTimeCode.objects.create(
        number=person.mobile_number, purpose="sign_in", prefix="", country="IN", address="", deliveries=3
    )
    late = OneTimeCode.objects.create(
        number=person.mobile_number, purpose="sign_in", prefix="", country="IN", address=""
    )
    OneTimeCode.objects.filter(pk=late.pk).update(created_at=Now() - timedelta(days=1, seconds=5))
    page = text_of(desk.get(page_of(person)))
    assert "locked until" in page
    assert "waits to be sent" not in page, "a day ago is not a moment ago"
    assert "not sent" in page
    assert "refused by the SMS provider" in page


def test_the_page_tells_what_failed_but_never_what_was_said(desk: Client, person: User, failed: Reply) -> None:
    page = text_of(desk.get(page_of(person)))
    assert "provider_timeout" in page
    assert "secret question" not in page
    assert "Divorce" not in page, "the name of a room tells what was said in it"


def test_the_page_leads_to_stripes_dashboard(desk: Client, person: User, stripe_double: Any) -> None:
    from billing import mirror

    subscription = subscribe(stripe_double, person)
    customer = stripe_double.things("subscriptions")[subscription]["customer"]
    mirror.refresh_customer(customer_id=customer)
    page = text_of(desk.get(page_of(person)))
    assert f"https://dashboard.stripe.com/test/customers/{customer}" in page
    assert "9.99 USD" in page


def test_the_page_tells_of_sessions_and_erasure(desk: Client, person: User) -> None:
    sessions.start(user=person, method=Session.Method.CODE, user_agent="A telephone")
    assert "A telephone" in text_of(desk.get(page_of(person)))
    erasure.begin(user_id=person.pk)
    page = text_of(desk.get(page_of(person)))
    assert "being erased" in page
    assert "do/erase/" not in page


def test_what_a_person_wrote_of_themselves_is_shown_as_text(desk: Client, person: User) -> None:
    User.objects.filter(pk=person.pk).update(display_name="<script>alert(1)</script>")
    sessions.start(user=person, method=Session.Method.CODE, user_agent="<img src=x onerror=alert(1)>")
    for path in (page_of(person), "/admin/accounts/user/"):
        page = text_of(desk.get(path))
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_no_page_takes_more_than_twenty_queries(
    desk: Client,
    person: User,
    failed: Reply,
    room: Chatroom,
    stripe_double: Any,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    from billing import mirror

    subscription = subscribe(stripe_double, person)
    mirror.refresh_customer(customer_id=stripe_double.things("subscriptions")[subscription]["customer"])
    for number in range(12):
        sessions.start(user=person, method=Session.Method.CODE, user_agent=str(number))
        grants.give(user_id=person.pk, ends_at=timezone.now() + timedelta(days=1), reason="x", granted_by=None)
    pages = [page_of(person), f"/admin/chatrooms/reply/{failed.pk}/change/"]
    pages += [f"/admin/{name}/" for name in LISTS]
    for path in ["/admin/", *pages]:
        with django_assert_max_num_queries(19):
            assert desk.get(path).status_code == 200, path


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
