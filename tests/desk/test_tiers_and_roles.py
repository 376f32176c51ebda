"""Tiers are edited with care, and every role sees what it is for."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import StaffAction, User
from billing.models import Tier
from tests.desk.conftest import record

pytestmark = pytest.mark.django_db


def fields(**values: Any) -> dict[str, Any]:
    return {
        "name": "Basic",
        "daily_messages": "12",
        "sends_per_minute": "20",
        "model_names": "gemini-flash-latest,gemini-pro-latest",
        "max_output_tokens": "2048",
        "context_tokens": "16000",
        "parallel_replies": "2",
        "waiting_replies": "20",
        "stripe_product": "",
        "stripe_price": "",
        "reason": "Spring offer",
        **values,
    }


@pytest.fixture
def basic(db: None) -> Tier:
    return Tier.objects.get(slug=Tier.BASIC)


@pytest.fixture
def books(make_staff: Callable[..., User], desk_of: Callable[[User], Client]) -> Client:
    return desk_of(make_staff("billing"))


def save(desk: Client, tier: Tier, **values: Any) -> Any:
    return desk.post(f"/admin/billing/tier/{tier.pk}/change/", fields(**values))


def test_a_tier_is_changed_and_the_change_recorded(books: Client, basic: Tier) -> None:
    assert save(books, basic).status_code == 302
    basic.refresh_from_db()
    assert basic.daily_messages == 12
    assert basic.model_names == ["gemini-flash-latest", "gemini-pro-latest"]
    assert (record().action, record().reason, record().outcome) == ("change_tier", "Spring offer", "done")
    assert record().target.startswith("basic: ")
    assert "daily_messages" in record().target


def test_a_tier_sold_as_another_product_remembers_the_former_one(books: Client, basic: Tier) -> None:
    Tier.objects.filter(pk=basic.pk).update(stripe_product="first", former_products=["zeroth"])
    assert save(books, basic, stripe_product="second", former_products="zeroth").status_code == 302
    assert save(books, basic, stripe_product="", former_products="zeroth, first").status_code == 302
    basic.refresh_from_db()
    assert (basic.stripe_product, basic.former_products) == ("", ["zeroth", "first", "second"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"daily_messages": "-1"},
        {"parallel_replies": "0"},
        {"waiting_replies": "1", "parallel_replies": "2"},
        {"context_tokens": "10"},
        {"max_output_tokens": "0"},
        {"sends_per_minute": "0"},
        {"model_names": "gemini-pro-latest,gemini-pro-latest"},
        {"model_names": "no model; drop table"},
        {"stripe_price": "price_nobody_knows", "stripe_product": "kuvaka_pro"},
        {"reason": ""},
        {"name": ""},
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(books: Client, basic: Tier, wrong: dict[str, str]) -> None:
    before = Tier.objects.filter(pk=basic.pk).values().get()
    assert save(books, basic, **wrong).status_code == 200
    assert Tier.objects.filter(pk=basic.pk).values().get() == before
    assert not StaffAction.objects.exists()


def test_support_changes_no_tier(desk: Client, basic: Tier) -> None:
    assert save(desk, basic).status_code == 403
    basic.refresh_from_db()
    assert basic.name == "Basic"
    assert not StaffAction.objects.exists()


SEES = {
    "support": {"accounts/user", "accounts/staffaction", "billing/grant", "chatrooms/reply", "djstripe/invoice"},
    "billing": {"accounts/user", "billing/tier", "billing/serviceusage", "djstripe/price"},
    "operator": {"accounts/user", "chatrooms/reply", "billing/tier", "django_celery_results/taskresult"},
}
NOT = {
    "support": {"billing/tier", "billing/serviceusage", "djstripe/price", "django_celery_results/taskresult"},
    "billing": {"chatrooms/reply", "chatrooms/chatroom", "django_celery_results/taskresult"},
    "operator": set[str](),
}


@pytest.mark.parametrize("role", ["support", "billing", "operator"])
def test_each_role_sees_what_it_is_for_and_no_more(
    make_staff: Callable[..., User], desk_of: Callable[[User], Client], role: str
) -> None:
    desk = desk_of(make_staff(role))
    for page in SEES[role]:
        assert desk.get(f"/admin/{page}/").status_code == 200, page
    for page in NOT[role]:
        assert desk.get(f"/admin/{page}/").status_code == 403, page


def test_no_role_can_add_change_or_delete_but_for_tiers() -> None:
    codenames = set(Group.objects.values_list("permissions__codename", flat=True))
    assert {name for name in codenames if name.startswith(("add_", "change_", "delete_"))} == {"change_tier"}


def test_only_pages_that_were_made_for_the_desk_are_on_it() -> None:
    from accounts.admin.base import DeskAdmin

    assert [model for model, page in admin.site._registry.items() if not isinstance(page, DeskAdmin)] == []


def test_keys_of_the_second_factor_are_on_no_page() -> None:
    names = {model._meta.label_lower for model in admin.site._registry}
    assert not {name for name in names if name.startswith(("otp_", "auth.", "axes.", "sessions."))}
    assert "djstripe.apikey" not in names
    assert "djstripe.webhookendpoint" not in names


def test_every_page_of_the_desk_opens(
    make_staff: Callable[..., User], desk_of: Callable[[User], Client], person: User
) -> None:
    root = desk_of(make_staff(is_superuser=True))
    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert root.get(path).status_code == 200, path
        assert root.get(path, {"q": "1"}).status_code == 200, path
