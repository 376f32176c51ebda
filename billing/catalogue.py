"""What is sold: the tiers, and Pro's product and price at Stripe."""

from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings
from djstripe.models import Price

from billing import mirror, stripe_api
from billing.models import Tier

SEEDS: Final[dict[str, dict[str, Any]]] = {
    Tier.BASIC: {
        "name": "Basic",
        "daily_messages": 10,
        "sends_per_minute": 20,
        "max_output_tokens": 2048,
        "context_tokens": 16_000,
        "parallel_replies": 2,
        "waiting_replies": 20,
    },
    Tier.PRO: {
        "name": "Pro",
        "daily_messages": None,
        "sends_per_minute": 60,
        "max_output_tokens": 8192,
        "context_tokens": 64_000,
        "parallel_replies": 8,
        "waiting_replies": 100,
    },
}


def price_of(tier: Tier) -> dict[str, Any] | None:
    """What a tier costs, as mirrored from Stripe: minor units, currency and interval; None if it is not for sale."""
    content = Price.objects.filter(id=tier.stripe_price).values_list("stripe_data", flat=True).first()
    if not (tier.stripe_price and content):
        return None
    interval = (content.get("recurring") or {}).get("interval")
    return {"amount": content["unit_amount"], "currency": content["currency"], "interval": interval}


def seed_tiers(*, dry_run: bool) -> Iterator[str]:
    """Make the missing tiers, saying of each what was done; one that exists is left as staff have set it."""
    for slug, values in SEEDS.items():
        if Tier.objects.filter(slug=slug).exists():
            yield f"tier {slug}: there"
        elif dry_run:
            yield f"tier {slug}: would be made"
        else:
            _, made = Tier.objects.get_or_create(slug=slug, defaults=values)
            yield f"tier {slug}: {'made' if made else 'there'}"


def seed_stripe(*, dry_run: bool) -> Iterator[str]:
    """Make sure that Pro's product and price exist at Stripe and are what the settings say; what was done.

    A price cannot be changed: one with another amount is made, takes the lookup key, and the old one is archived; who
    subscribed to that keeps it.
    """
    yield _seed_product(dry_run)
    price = stripe_api.price_of_key(lookup_key=settings.STRIPE_PRO_LOOKUP_KEY)
    named = f"price {settings.STRIPE_PRO_LOOKUP_KEY}"
    if price is None or not _fits(price):
        if dry_run:
            yield f"{named}: would be made" + (f", {price.id} would be archived" if price else "")
            return
        old, price = price, _make_price(instead_of=price.id if price else "")
        yield f"{named}: made ({price.id})"
        if old is not None:
            stripe_api.archive_price(price_id=old.id)
            mirror.refresh_price(price_id=old.id)
            yield f"price {old.id}: archived"
    else:
        yield f"{named}: there ({price.id})"
    if not dry_run:
        mirror.refresh_price(price_id=price.id)
        changed = Tier.objects.filter(slug=Tier.PRO).exclude(
            stripe_product=settings.STRIPE_PRO_PRODUCT, stripe_price=price.id
        )
        if changed.update(stripe_product=settings.STRIPE_PRO_PRODUCT, stripe_price=price.id):
            yield f"tier {Tier.PRO}: sold as {price.id}"


def _seed_product(dry_run: bool) -> str:
    product_id, name = settings.STRIPE_PRO_PRODUCT, "Kuvaka Pro"
    try:
        product = stripe_api.product(product_id=product_id)
    except stripe_api.NotThere:
        if not dry_run:
            stripe_api.create_product(product_id=product_id, name=name)
        return f"product {product_id}: {'would be made' if dry_run else 'made'}"
    if product.active:
        return f"product {product_id}: there"
    if not dry_run:
        stripe_api.update_product(product_id=product_id, active=True)
    return f"product {product_id}: {'would be made active' if dry_run else 'made active'}"


def _fits(price: Any) -> bool:
    wanted = (True, settings.STRIPE_PRO_AMOUNT, settings.STRIPE_PRO_CURRENCY, "month", settings.STRIPE_PRO_PRODUCT)
    product = price.product if isinstance(price.product, str) else price.product.id
    return (price.active, price.unit_amount, price.currency, price.recurring.interval, product) == wanted


def _make_price(*, instead_of: str) -> Any:
    return stripe_api.create_price(
        instead_of=instead_of,
        product=settings.STRIPE_PRO_PRODUCT,
        currency=settings.STRIPE_PRO_CURRENCY,
        unit_amount=settings.STRIPE_PRO_AMOUNT,
        recurring={"interval": "month"},
        lookup_key=settings.STRIPE_PRO_LOOKUP_KEY,
    )
