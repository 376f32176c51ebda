"""Tiers are validated and changes are recorded; every role sees its pages only."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import StaffAction, User
from billing.models import Tier
from tests.admin.conftest import latest_action

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
        "file_bytes": "10485760",
        "files_per_message": "4",
        "kept_file_bytes": "104857600",
        "stripe_product": "",
        "stripe_price": "",
        "reason": "Spring offer",
        **values,
    }


@pytest.fixture
def basic(db: None) -> Tier:
    return Tier.objects.get(slug=Tier.BASIC)


@pytest.fixture
def billing_client(make_staff: Callable[..., User], client_of: Callable[[User], Client]) -> Client:
    return client_of(make_staff("billing"))


def save(staff_client: Client, tier: Tier, **values: Any) -> Any:
    return staff_client.post(f"/admin/billing/tier/{tier.pk}/change/", fields(**values))


def test_a_change_of_a_tier_is_recorded(billing_client: Client, basic: Tier) -> None:
    assert save(billing_client, basic).status_code == 302
    basic.refresh_from_db()
    assert basic.daily_messages == 12
    assert basic.model_names == ["gemini-flash-latest", "gemini-pro-latest"]
    row = latest_action()
    assert (row.action, row.reason, row.outcome) == ("change_tier", "Spring offer", "done")
    assert row.target.startswith("basic: ")
    assert "daily_messages" in row.target


def test_a_tier_keeps_its_former_products(billing_client: Client, basic: Tier) -> None:
    Tier.objects.filter(pk=basic.pk).update(stripe_product="first", former_products=["zeroth"])
    assert save(billing_client, basic, stripe_product="second", former_products="zeroth").status_code == 302
    assert save(billing_client, basic, stripe_product="", former_products="zeroth, first").status_code == 302
    basic.refresh_from_db()
    assert (basic.stripe_product, basic.former_products) == ("", ["zeroth", "first", "second"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"daily_messages": "-1"},
        {"parallel_replies": "0"},
        {"waiting_replies": "1", "parallel_replies": "2"},
        {"file_bytes": "26214401"},
        {"files_per_message": "0"},
        {"kept_file_bytes": "1000"},
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
def test_an_invalid_tier_is_refused_and_changes_nothing(
    billing_client: Client, basic: Tier, wrong: dict[str, str]
) -> None:
    before = Tier.objects.filter(pk=basic.pk).values().get()
    assert save(billing_client, basic, **wrong).status_code == 200
    assert Tier.objects.filter(pk=basic.pk).values().get() == before
    assert not StaffAction.objects.exists()


def test_support_may_not_change_a_tier(staff_client: Client, basic: Tier) -> None:
    assert save(staff_client, basic).status_code == 403
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
def test_each_role_opens_its_pages_and_no_others(
    make_staff: Callable[..., User], client_of: Callable[[User], Client], role: str
) -> None:
    staff_client = client_of(make_staff(role))
    for page in SEES[role]:
        assert staff_client.get(f"/admin/{page}/").status_code == 200, page
    for page in NOT[role]:
        assert staff_client.get(f"/admin/{page}/").status_code == 403, page


def test_no_role_can_change_anything_but_tiers() -> None:
    codenames = set(Group.objects.values_list("permissions__codename", flat=True))
    assert {name for name in codenames if name.startswith(("add_", "change_", "delete_"))} == {"change_tier"}


def test_every_registered_page_is_a_read_only_admin() -> None:
    from accounts.admin.base import ReadOnlyAdmin

    assert [model for model, page in admin.site._registry.items() if not isinstance(page, ReadOnlyAdmin)] == []


def test_no_page_shows_keys_of_the_second_factor() -> None:
    names = {model._meta.label_lower for model in admin.site._registry}
    assert not {name for name in names if name.startswith(("otp_", "auth.", "axes.", "sessions."))}
    assert "djstripe.apikey" not in names
    assert "djstripe.webhookendpoint" not in names


def test_every_admin_page_opens(
    make_staff: Callable[..., User], client_of: Callable[[User], Client], alice: User
) -> None:
    root = client_of(make_staff(is_superuser=True))
    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert root.get(path).status_code == 200, path
        assert root.get(path, {"q": "1"}).status_code == 200, path
