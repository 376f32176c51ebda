"""Checks of Stripe and Twilio, and of the tiers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models.functions import Now

from accounts import sms
from billing import catalogue, money, stripe_api
from billing.exceptions import NotForSale, PaymentProviderRefused, PaymentProviderUnavailable
from billing.models import StripeEvent, Tier
from config.management.stack.findings import Finding, StackCheck, Workers, ok, warning, wrong

MAX_EVENT_WAIT: Final = timedelta(minutes=5)


def _tiers(_: Workers) -> Iterator[Finding]:
    missing = set(catalogue.SEEDS) - set(Tier.objects.values_list("slug", flat=True))
    if missing:
        advice = "Run `manage.py seed_tiers`: without tiers no message can be sent."
        yield wrong("tiers", f"missing: {', '.join(sorted(missing))}", advice)
    else:
        yield ok("tiers", "Basic and Pro exist")


def _stripe(_: Workers) -> Iterator[Finding]:
    if not settings.STRIPE_SECRET_KEY:
        yield warning("Stripe", "no key: Pro is not for sale", "Set STRIPE_SECRET_KEY to sell it; see docs/billing.md.")
        return
    try:
        price = stripe_api.price_by_lookup_key(lookup_key=settings.STRIPE_PRO_LOOKUP_KEY)
    except PaymentProviderRefused:
        advice = "Set STRIPE_SECRET_KEY to a key that is not revoked, and may read prices if it is a restricted one."
        yield wrong("Stripe", "the key is refused", advice)
        return
    except (PaymentProviderUnavailable, NotForSale) as error:
        yield wrong("Stripe", f"no response ({error.code})", "See status.stripe.com.")
        return
    yield _mode()
    yield from _price(price)


def _mode() -> Finding:
    if settings.STRIPE_LIVE_MODE:
        return ok("Stripe", "the key is valid; live mode: real payments")
    other = " at STRIPE_API_HOST" if getattr(settings, "STRIPE_API_HOST", "") else ""
    said = f"the key is valid; test mode{other}: no real payments"
    if settings.DEBUG:
        return ok("Stripe", said)
    return warning("Stripe", said, "Set a live key to charge for Pro.")


def _price(price: Any) -> Iterator[Finding]:
    """Whether Pro is for sale, at the price with our lookup key."""
    pro = Tier.objects.filter(slug=Tier.PRO).first()
    sold = pro.stripe_price if pro else ""
    if pro and pro.was_sold and not sold:
        yield warning(
            "price of Pro", "staff have taken it off sale", "Choose a price in the admin (Tiers), or leave it."
        )
    elif price is None or not price.active or not sold:
        yield wrong("price of Pro", "there is none: Pro cannot be bought", "Run `manage.py seed_tiers`.")
    elif sold != price.id:
        said = "is sold at another price than the one with STRIPE_PRO_LOOKUP_KEY at Stripe"
        yield warning(
            "price of Pro", said, "Run `manage.py seed_tiers`; if it reports that staff chose the price, leave it."
        )
    else:
        yield ok("price of Pro", f"{money.format_amount(price.unit_amount, price.currency)}, as {price.id}")


def _webhook(_: Workers) -> Iterator[Finding]:
    """Whether Stripe sends us events; without them, a payment takes effect only at the next reconciliation."""
    if not settings.STRIPE_SECRET_KEY:
        yield ok("webhook", "not needed without a key")
        return
    if not any(secret.strip() for secret in settings.STRIPE_WEBHOOK_SECRETS):
        advice = "Set STRIPE_WEBHOOK_SECRET to the signing secret (whsec_…) of the webhook endpoint."
        yield wrong("webhook", "no secret is set, so every event is refused", advice)
        return
    try:
        endpoints = stripe_api.webhook_endpoints()
    except (PaymentProviderRefused, PaymentProviderUnavailable) as error:
        advice = "Check in Stripe's dashboard that the endpoint exists; a restricted key may not list endpoints."
        yield warning("webhook", f"the endpoints cannot be listed ({error.code})", advice)
        return
    yield _endpoint(endpoints)


def _endpoint(endpoints: list[Any]) -> Finding:
    url = f"{settings.WEB_ORIGIN}/webhook/stripe"
    ours = next((each for each in endpoints if each.url == url), None)
    advice = f"Register {url} at Stripe, for the events that docs/billing.md lists."
    if ours is None:
        # A developer's `stripe listen` forwards events without an endpoint.
        return (warning if settings.DEBUG else wrong)("webhook", f"Stripe has no endpoint {url}", advice)
    if ours.status != "enabled":
        return wrong("webhook", "Stripe has disabled the endpoint", "Enable it in Stripe's dashboard.")
    missing = set(stripe_api.EVENT_TYPES) - set(ours.enabled_events)
    if missing and "*" not in ours.enabled_events:
        return wrong("webhook", f"the endpoint is not sent {', '.join(sorted(missing))}", "Add them at the endpoint.")
    return ok("webhook", f"Stripe sends events to {url}")


def _events(_: Workers) -> Iterator[Finding]:
    failed = StripeEvent.objects.failed().count()
    late = StripeEvent.objects.waiting().filter(received_at__lt=Now() - MAX_EVENT_WAIT).count()
    if failed:
        advice = (
            "`manage.py replay_webhooks --dry-run` lists them with their errors; without the option it retries them."
        )
        yield wrong("events", f"{failed} events from Stripe failed too often and are no longer retried", advice)
    if late:
        advice = (
            "Is `tasks` running, and Stripe available? `manage.py reconcile_stripe` does what they would have done."
        )
        yield wrong("events", f"{late} events from Stripe have waited for more than 5 minutes", advice)
    if not failed and not late:
        yield ok("events", "none waiting")


def _sms(_: Workers) -> Iterator[Finding]:
    if settings.SMS_DELIVERY != "twilio":
        said = f"SMS_DELIVERY={settings.SMS_DELIVERY}: no SMS is sent"
        advice = "Anyone can sign in as anyone: set SMS_DELIVERY=twilio in production."
        yield ok("SMS", said) if settings.DEBUG else warning("SMS", said, advice)
        return
    try:
        sms.check_account()
    except sms.NotDelivered as error:
        if error.may_be_repeated:
            yield wrong("SMS", "Twilio does not respond", "See status.twilio.com.")
        else:
            yield wrong("SMS", "Twilio refuses the account", "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.")
    else:
        yield ok("SMS", "Twilio accepts the account")


CHECKS: Final = (
    StackCheck(part="tiers", check=_tiers, needs=["database", "migrations"]),
    StackCheck(part="Stripe", check=_stripe, needs=["database", "migrations"]),
    StackCheck(part="webhook", check=_webhook),
    StackCheck(part="events", check=_events, needs=["database", "migrations"]),
    StackCheck(part="SMS", check=_sms),
)
