"""`manage.py seed_tiers`: makes the tiers, and with Stripe also product and price; it may run repeatedly."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from djstripe.models import Price
from rest_framework.test import APIClient

from accounts.models import User
from billing import catalogue, checkout, mirror, money, stripe_api, stripe_client
from billing.exceptions import PaymentProviderRefused, PaymentProviderUnavailable
from billing.models import Tier
from config.management.stack import vendors
from tests.billing.stripe_fixtures import subscriber
from tests.doubles.stripe.client import StripeDouble
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def seed(*options: str) -> str:
    said = io.StringIO()
    call_command("seed_tiers", *options, stdout=said, stderr=said)
    return said.getvalue()


def is_pro(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_pro


def active_prices(double: StripeDouble) -> list[dict[str, Any]]:
    return [each for each in double.objects("prices").values() if each["active"]]


def test_without_stripe_only_the_tiers_are_made() -> None:
    Tier.objects.all().delete()
    assert "so Pro is not for sale" in seed()
    assert list(Tier.objects.values_list("slug", "daily_messages").order_by("pk")) == [("basic", 10), ("pro", None)]
    assert [each["price"] for each in APIClient().get("/tiers").json()] == [None, None]
    with pytest.raises(checkout.NotForSale):
        checkout.start(user_id=make_user().pk)


def test_with_stripe_pro_is_for_sale(stripe_double: StripeDouble) -> None:
    [price] = active_prices(stripe_double)
    assert (price["unit_amount"], price["currency"], price["lookup_key"]) == (999, "usd", "kuvaka_pro_monthly")
    pro = Tier.objects.get(slug=Tier.PRO)
    assert (pro.stripe_product, pro.stripe_price) == ("kuvaka_pro", price["id"])
    tiers = {each["slug"]: each["price"] for each in APIClient().get("/tiers").json()}
    assert tiers == {"basic": None, "pro": {"amount": 999, "currency": "usd", "interval": "month", "interval_count": 1}}


def test_a_second_run_makes_nothing(stripe_double: StripeDouble) -> None:
    said = seed()
    assert stripe_double.calls("POST") == []
    assert said.count("exists") == 4


def test_changes_by_staff_are_kept(stripe_double: StripeDouble) -> None:
    Tier.objects.filter(slug=Tier.BASIC).update(daily_messages=7, name="Free")
    seed()
    assert Tier.objects.filter(slug=Tier.BASIC, daily_messages=7, name="Free").exists()


def test_another_amount_creates_a_price_and_archives_the_old(stripe_double: StripeDouble, settings: Any) -> None:
    [old] = active_prices(stripe_double)
    user, customer, _ = subscriber(stripe_double)
    settings.STRIPE_PRO_AMOUNT = 1299
    said = seed()
    [new] = active_prices(stripe_double)
    assert (new["unit_amount"], new["lookup_key"]) == (1299, "kuvaka_pro_monthly")
    assert f"price {old['id']}: archived" in said
    assert stripe_double.objects("prices")[old["id"]]["lookup_key"] is None
    assert Price.objects.get(id=old["id"]).active is False
    assert APIClient().get("/tiers").json()[1]["price"]["amount"] == 1299
    mirror.refresh_customer(customer_id=customer)
    user.refresh_from_db()
    assert user.is_pro, "who subscribed to the old price keeps it"

    settings.STRIPE_PRO_AMOUNT = 999
    seed()
    [back] = active_prices(stripe_double)
    assert back["unit_amount"] == 999
    assert back["id"] not in (old["id"], new["id"])


def test_a_new_price_closes_the_checkout_of_the_old_one(stripe_double: StripeDouble, settings: Any) -> None:
    user = make_user()
    before = checkout.start(user_id=user.pk)
    assert checkout.start(user_id=user.pk).id == before.id
    settings.STRIPE_PRO_AMOUNT = 1299
    seed()
    after = checkout.start(user_id=user.pk)
    sessions = stripe_double.objects("sessions")
    assert (sessions[before.id]["status"], sessions[after.id]["amount_total"]) == ("expired", 1299)


def test_a_dry_run_makes_nothing_and_says_what_it_would(stripe_double: StripeDouble, settings: Any) -> None:
    settings.STRIPE_PRO_AMOUNT = 1299
    Tier.objects.filter(slug=Tier.BASIC).delete()
    said = seed("--dry-run")
    assert "tier basic: would be created" in said
    [price] = active_prices(stripe_double)
    assert "price kuvaka_pro_monthly: would be created" in said
    assert "tier pro: would be sold as the new price" in said
    assert f"price {price['id']}: would be archived" in said
    assert stripe_double.calls("POST") == []
    assert not Tier.objects.filter(slug=Tier.BASIC).exists()
    stripe_double.empty()
    assert "product kuvaka_pro: would be created" in seed("--dry-run")
    assert stripe_double.objects("products") == {}


def test_a_product_that_was_archived_is_sold_again(stripe_double: StripeDouble) -> None:
    stripe_api.update_product(product_id="kuvaka_pro", active=False)
    assert "product kuvaka_pro: activated" in seed()
    assert stripe_double.objects("products")["kuvaka_pro"]["active"] is True


def test_an_outage_stops_a_release_only_without_a_price(stripe_double: StripeDouble) -> None:
    stripe_double.switch(down=True)
    assert "Pro is sold as before" in seed()
    Tier.objects.update(stripe_price="")
    assert "Pro is sold as before" in seed(), "staff want none"
    Tier.objects.update(seeded_price="", stripe_product="")
    with pytest.raises(CommandError, match="payment_provider_away"):
        seed()


def cut_off(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> str:
    """The output of a run that is interrupted at step `name` by an outage."""

    def fail(**_: Any) -> None:
        raise PaymentProviderUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(where, name, fail)
        return seed()


@pytest.mark.parametrize(("where", "name"), [(mirror, "refresh_price"), (stripe_api, "archive_price")])
def test_an_interrupted_price_change_leaves_a_price_to_sell(
    stripe_double: StripeDouble, settings: Any, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    settings.STRIPE_PRO_AMOUNT = 1299
    assert "Pro is sold as before" in cut_off(monkeypatch, where, name)
    assert checkout.start(user_id=make_user().pk).url
    seed()
    [price] = active_prices(stripe_double)
    assert (price["unit_amount"], Tier.objects.get(slug=Tier.PRO).stripe_price) == (1299, price["id"])


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_seeding_respects_what_staff_sell(stripe_double: StripeDouble, settings: Any, options: tuple[str, ...]) -> None:
    Tier.objects.filter(slug=Tier.PRO).update(stripe_price="")
    assert "tier pro: not for sale, as staff chose" in seed(*options)
    assert Tier.objects.get(slug=Tier.PRO).stripe_price == ""
    yearly = stripe_api.create_price(
        replaces="",
        product="kuvaka_pro",
        currency="usd",
        unit_amount=9900,
        recurring={"interval": "year"},
        lookup_key="kuvaka_pro_yearly",
    )
    Tier.objects.filter(slug=Tier.PRO).update(stripe_price=yearly.id)
    settings.STRIPE_PRO_AMOUNT = 1299
    for _ in range(2):
        assert f"tier pro: sold as {yearly.id}, as staff chose" in seed(*options)
        assert Tier.objects.get(slug=Tier.PRO).stripe_price == yearly.id
    assert yearly.id in [each["id"] for each in active_prices(stripe_double)]


def test_check_stack_knows_never_sold_from_taken_off_sale(
    stripe_double: StripeDouble,
) -> None:
    price = stripe_api.price_by_lookup_key(lookup_key="kuvaka_pro_monthly")

    def found() -> tuple[str, str]:
        [finding] = vendors._price(price)
        return (finding.verdict, finding.said)

    assert found() == ("ok", f"9.99 USD, as {price.id}")
    Tier.objects.filter(slug=Tier.PRO).update(stripe_price="")
    assert found() == ("warning", "staff have taken it off sale")
    Tier.objects.filter(slug=Tier.PRO).update(stripe_product="", seeded_price="")
    assert found() == ("wrong", "there is none: Pro cannot be bought")


def test_another_stripe_account_gets_a_price_of_its_own(stripe_double: StripeDouble) -> None:
    former = Tier.objects.get(slug=Tier.PRO).stripe_price
    stripe_double.empty()
    said = seed()
    [price] = active_prices(stripe_double)
    assert f"tier pro: sold as {price['id']}" in said
    assert f"price {former}" not in said, "there is nothing to archive here"
    assert checkout.start(user_id=make_user().pk).url


def test_subscribers_of_previous_products_keep_pro(stripe_double: StripeDouble, settings: Any) -> None:
    user, customer, _ = subscriber(stripe_double)
    settings.STRIPE_PRO_PRODUCT = "kuvaka_pro_2"
    seed()
    pro = Tier.objects.get(slug=Tier.PRO)
    assert (pro.stripe_product, pro.former_products) == ("kuvaka_pro_2", ["kuvaka_pro"])
    mirror.refresh_customer(customer_id=customer)
    assert is_pro(user)
    settings.STRIPE_PRO_PRODUCT = "kuvaka_pro"
    seed()
    assert Tier.objects.get(slug=Tier.PRO).former_products == ["kuvaka_pro", "kuvaka_pro_2"]
    assert is_pro(user)


def test_changed_products_recompute_their_subscribers(
    stripe_double: StripeDouble, django_capture_on_commit_callbacks: Any
) -> None:
    user, _, _ = subscriber(stripe_double)

    def saved(**values: Any) -> None:
        pro = Tier.objects.get(slug=Tier.PRO)
        for name, value in values.items():
            setattr(pro, name, value)
        with django_capture_on_commit_callbacks(execute=True):
            catalogue.save(pro)

    saved(stripe_product="another", stripe_price="")
    assert is_pro(user)
    saved(former_products=[])
    assert not is_pro(user)
    saved(former_products=["kuvaka_pro"])
    assert is_pro(user)


def test_a_price_sold_before_seeded_price_existed_is_staffs(stripe_double: StripeDouble) -> None:
    [price] = active_prices(stripe_double)
    Tier.objects.update(seeded_price="")
    assert "as staff chose" not in seed()
    assert Tier.objects.get(slug=Tier.PRO).seeded_price == price["id"]
    Tier.objects.filter(slug=Tier.PRO).update(seeded_price="", stripe_price="price_of_staff")
    assert "sold as price_of_staff, as staff chose" in seed()
    Tier.objects.filter(slug=Tier.PRO).update(seeded_price="", stripe_price="")
    assert "not for sale, as staff chose" in seed()
    assert [each["id"] for each in active_prices(stripe_double)] == [price["id"]]


def test_a_key_without_permission_for_products_is_reported(
    stripe_double: StripeDouble, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STRIPE_PRO_PRODUCT = "another"
    call = stripe_client.call

    def reading_only(method: Any, *args: Any, **kwargs: Any) -> Any:
        if method.__name__ == "create":
            raise PaymentProviderRefused
        return call(method, *args, **kwargs)

    for module in (stripe_api, stripe_client):
        monkeypatch.setattr(module, "call", reading_only)
    assert "payment_provider_refused" in seed()


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(999, "usd", "9.99 USD"), (999, "jpy", "999 JPY"), (1999, "KWD", "1.999 KWD"), (500, "ugx", "5.00 UGX")],
)
def test_amounts_are_formatted_with_their_decimals(amount: int, currency: str, text: str) -> None:
    assert money.format_amount(amount, currency) == text
