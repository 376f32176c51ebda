"""The tiers, and Pro's product and price at Stripe."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from djstripe.models import Price

from billing import entitlement_dates, entitlements, mirror, stripe_api, stripe_client
from billing.models import Tier
from config.file_settings import MIB

SEEDS: Final[dict[str, dict[str, Any]]] = {
    Tier.BASIC: {
        "name": "Basic",
        "daily_messages": 10,
        "sends_per_minute": 20,
        "max_output_tokens": 2048,
        "context_tokens": 16_000,
        "parallel_replies": 2,
        "waiting_replies": 20,
        "file_bytes": 10 * MIB,
        "files_per_message": 4,
        "kept_file_bytes": 100 * MIB,
    },
    Tier.PRO: {
        "name": "Pro",
        "daily_messages": None,
        "sends_per_minute": 60,
        "max_output_tokens": 8192,
        "context_tokens": 64_000,
        "parallel_replies": 8,
        "waiting_replies": 100,
        "file_bytes": 20 * MIB,
        "files_per_message": 10,
        "kept_file_bytes": 2048 * MIB,
    },
}


def price_of(tier: Tier) -> dict[str, Any] | None:
    """The price of a tier as mirrored from Stripe; None if the tier is not for sale.

    `amount` is in minor units of the currency, for `interval_count` intervals.
    """
    content = Price.objects.filter(id=tier.stripe_price).values_list("stripe_data", flat=True).first()
    if not (tier.stripe_price and content and content.get("active", True)):
        return None
    recurring = content.get("recurring") or {}
    return {
        "amount": content["unit_amount"],
        "currency": content["currency"],
        "interval": recurring.get("interval"),
        "interval_count": recurring.get("interval_count", 1),
    }


def save(tier: Tier) -> None:
    """Save a changed tier. Users who subscribed to its previous product keep the tier.

    On commit, the entitlements of the subscribers to products that were added or removed are recomputed, each in a
    transaction of its own: there may be many, and their webhooks must not wait.
    """
    with transaction.atomic():
        before = Tier.objects.select_for_update().get(pk=tier.pk)
        if before.stripe_product not in ("", *tier.products):
            tier.former_products = [*tier.former_products, before.stripe_product]
        tier.save()
        changed = before.products ^ tier.products
        transaction.on_commit(partial(_recompute_subscribers, changed))


def _recompute_subscribers(products: set[str]) -> None:
    for user_id in sorted(entitlement_dates.subscribers_to(products=products)):
        entitlements.recompute_stripe(user_id=user_id)


def seed_tiers(*, dry_run: bool) -> Iterator[str]:
    """Create the missing tiers, with a line of text for each; existing tiers keep what staff have set."""
    for slug, values in SEEDS.items():
        if Tier.objects.filter(slug=slug).exists():
            yield f"tier {slug}: exists"
        elif dry_run:
            yield f"tier {slug}: would be created"
        else:
            _, created = Tier.objects.get_or_create(slug=slug, defaults=values)
            yield f"tier {slug}: {'created' if created else 'exists'}"


def end_test_mode(*, dry_run: bool) -> Iterator[str]:
    """Recompute users who paid in test mode, so that their Pro ends once the key is a live one."""
    found = entitlement_dates.subscribers_in_test_mode()
    if found and dry_run:
        yield f"Pro paid for in test mode: would end for {len(found)}"
    elif found:
        for user_id in sorted(found):
            entitlements.recompute_stripe(user_id=user_id)
        yield f"Pro paid for in test mode: ended for {len(found)}"


def seed_stripe(*, dry_run: bool) -> Iterator[str]:
    """Create or update Pro's product and price at Stripe as the settings say, with a line of text for each step.

    Stripe's prices cannot be changed. For another amount a new price is created, which takes over the lookup key; it is
    sold, and only then is the old one archived, so that there is always a price to sell at. Subscribers keep the old
    price. After an interruption it can simply be run again.
    """
    yield _seed_product(dry_run)
    old = stripe_api.price_by_lookup_key(lookup_key=settings.STRIPE_PRO_LOOKUP_KEY)
    label = f"price {settings.STRIPE_PRO_LOOKUP_KEY}"
    if old is not None and _matches_settings(old):
        price = old.id
        yield f"{label}: exists ({price})"
    elif dry_run:
        price = "the new price"
        yield f"{label}: would be created"
    else:
        price = _create_price(replaces=old.id if old else "").id
        yield f"{label}: created ({price})"
    if not dry_run:
        mirror.refresh_price(price_id=price)
    yield from _sell(old.id if old else "", price, dry_run)
    yield from _archive(old.id if old else "", price, dry_run)


def _sell(old: str, price: str, dry_run: bool) -> Iterator[str]:
    """Sell Pro at the price, unless staff chose another price or ended the sale."""
    tier = Tier.objects.filter(slug=Tier.PRO).first() or Tier(slug=Tier.PRO)
    if (tier.stripe_product, tier.stripe_price) == (settings.STRIPE_PRO_PRODUCT, price):
        return
    seeded = {old, price, tier.seeded_price} - {""}
    if tier.was_sold and tier.stripe_price not in seeded:
        sold = f"sold as {tier.stripe_price}" if tier.stripe_price else "not for sale"
        yield f"tier {Tier.PRO}: {sold}, as staff chose"
        return
    if dry_run:
        yield f"tier {Tier.PRO}: would be sold as {price}"
        return
    tier.stripe_product, tier.stripe_price = settings.STRIPE_PRO_PRODUCT, price
    save(tier)
    yield f"tier {Tier.PRO}: sold as {price}"


def _archive(old: str, price: str, dry_run: bool) -> Iterator[str]:
    """Archive the price that was sold before, and one that an interrupted run left behind."""
    tier = Tier.objects.filter(slug=Tier.PRO).first() or Tier(slug=Tier.PRO)
    kept = {"", price} if dry_run else {"", price, tier.stripe_price}
    for price_id in sorted({old, tier.seeded_price} - kept):
        if dry_run:
            yield f"price {price_id}: would be archived"
            continue
        try:
            stripe_api.archive_price(price_id=price_id)
        except stripe_client.StripeObjectMissing:  # it belongs to another account at Stripe
            continue
        mirror.refresh_price(price_id=price_id)
        yield f"price {price_id}: archived"
    if not dry_run:
        Tier.objects.filter(slug=Tier.PRO).update(seeded_price=price)


def _seed_product(dry_run: bool) -> str:
    product_id, name = settings.STRIPE_PRO_PRODUCT, "Kuvaka Pro"
    try:
        product = stripe_api.product(product_id=product_id)
    except stripe_client.StripeObjectMissing:
        if not dry_run:
            stripe_api.create_product(product_id=product_id, name=name)
        return f"product {product_id}: {'would be created' if dry_run else 'created'}"
    if product.active:
        return f"product {product_id}: exists"
    if not dry_run:
        stripe_api.update_product(product_id=product_id, active=True)
    return f"product {product_id}: {'would be activated' if dry_run else 'activated'}"


def _matches_settings(price: Any) -> bool:
    wanted = (True, settings.STRIPE_PRO_AMOUNT, settings.STRIPE_PRO_CURRENCY, settings.STRIPE_PRO_PRODUCT, ("month", 1))
    product = price.product if isinstance(price.product, str) else price.product.id
    every = (price.recurring.interval, price.recurring.interval_count)
    return (price.active, price.unit_amount, price.currency, product, every) == wanted


def _create_price(*, replaces: str) -> Any:
    return stripe_api.create_price(
        replaces=replaces,
        product=settings.STRIPE_PRO_PRODUCT,
        currency=settings.STRIPE_PRO_CURRENCY,
        unit_amount=settings.STRIPE_PRO_AMOUNT,
        recurring={"interval": "month"},
        lookup_key=settings.STRIPE_PRO_LOOKUP_KEY,
    )
