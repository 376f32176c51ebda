"""Objects as Stripe sends them (API 2026-08-26.dahlia), built from the few values that this one stores.

The fields that are always the same are in objects.json, by kind of object.
"""

import copy
import json
import secrets
from pathlib import Path
from typing import Any

API_VERSION = "2026-08-26.dahlia"
DAY = 24 * 3600

StripeObject = dict[str, Any]

CONSTANT: dict[str, StripeObject] = json.loads(Path(__file__).with_suffix(".json").read_text())


def new_id(prefix: str) -> str:
    """An id in the form of Stripe's."""
    return f"{prefix}_{secrets.token_hex(12)}"


def listed(data: list[StripeObject], *, url: str, has_more: bool = False) -> StripeObject:
    return {"object": "list", "url": url, "has_more": has_more, "data": data}


def customer(*, now: int, params: StripeObject) -> StripeObject:
    return _build(
        "customer",
        id=new_id("cus"),
        created=now,
        email=params.get("email"),
        invoice_prefix=secrets.token_hex(4).upper(),
        metadata=params.get("metadata") or {},
        name=params.get("name"),
        phone=params.get("phone"),
    )


def product(*, now: int, params: StripeObject) -> StripeObject:
    return _build(
        "product",
        id=params.get("id") or new_id("prod"),
        created=now,
        description=params.get("description"),
        metadata=params.get("metadata") or {},
        name=params["name"],
        updated=now,
    )


def price(*, now: int, params: StripeObject) -> StripeObject:
    """A new price: per unit, recurring."""
    interval = (params.get("recurring") or {}).get("interval", "month")
    return _build(
        "price",
        id=new_id("price"),
        created=now,
        currency=params["currency"],
        lookup_key=params.get("lookup_key"),
        metadata=params.get("metadata") or {},
        product=params["product"],
        recurring={
            "interval": interval,
            "interval_count": int((params.get("recurring") or {}).get("interval_count", 1)),
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        unit_amount=int(params["unit_amount"]),
        unit_amount_decimal=params["unit_amount"],
    )


def subscription(*, now: int, end: int, customer: str, price: StripeObject, metadata: StripeObject) -> StripeObject:
    """A new subscription in flexible billing mode; its item has the period."""
    subscription_id = new_id("sub")
    item = _build(
        "subscription_item",
        id=new_id("si"),
        created=now,
        current_period_end=end,
        current_period_start=now,
        plan=_plan_of(price),
        price=price,
        subscription=subscription_id,
    )
    return _build(
        "subscription",
        id=subscription_id,
        billing_cycle_anchor=now,
        created=now,
        currency=price["currency"],
        customer=customer,
        items=listed([item], url=f"/v1/subscription_items?subscription={subscription_id}"),
        metadata=metadata,
        start_date=now,
    )


def _plan_of(price: StripeObject) -> StripeObject:
    """The plan that a subscription's item still has in addition to its price."""
    return _build(
        "plan",
        id=price["id"],
        active=price["active"],
        amount=price["unit_amount"],
        amount_decimal=price["unit_amount_decimal"],
        created=price["created"],
        currency=price["currency"],
        interval=price["recurring"]["interval"],
        product=price["product"],
    )


def invoice(*, now: int, subscription: StripeObject, reason: str, number: int) -> StripeObject:
    """An open invoice for the subscription's current period."""
    invoice_id = new_id("in")
    line = _line(invoice_id, subscription)
    of_subscription = {"metadata": subscription["metadata"], "subscription": subscription["id"]}
    amounts = ("amount_due", "amount_remaining", "subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax")
    times = {"finalized_at": now, "marked_uncollectible_at": None, "paid_at": None, "voided_at": None}
    return _build(
        "invoice",
        **dict.fromkeys(amounts, line["amount"]),
        **dict.fromkeys(("created", "effective_at", "period_start", "period_end"), now),
        id=invoice_id,
        billing_reason=reason,
        currency=subscription["currency"],
        customer=subscription["customer"],
        lines=listed([line], url=f"/v1/invoices/{invoice_id}/lines"),
        number=f"PRETEND-{number:04}",
        parent={"quote_details": None, "subscription_details": of_subscription, "type": "subscription_details"},
        status_transitions=times,
    )


def _line(invoice_id: str, subscription: StripeObject) -> StripeObject:
    item = subscription["items"]["data"][0]
    price = item["price"]
    details = {
        "invoice_item": None,
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": subscription["id"],
        "subscription_item": item["id"],
    }
    return _build(
        "line_item",
        id=new_id("il"),
        amount=price["unit_amount"],
        currency=subscription["currency"],
        invoice=invoice_id,
        metadata=subscription["metadata"],
        parent={
            "invoice_item_details": None,
            "subscription_item_details": details,
            "type": "subscription_item_details",
        },
        period={"start": item["current_period_start"], "end": item["current_period_end"]},
        pricing={
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        subscription=subscription["id"],
        subtotal=price["unit_amount"],
    )


def checkout_session(*, now: int, params: StripeObject, price: StripeObject) -> StripeObject:
    """An open session in mode subscription; its URL is added when it is sent."""
    return _build(
        "checkout.session",
        id=new_id("cs_test"),
        amount_subtotal=price["unit_amount"],
        amount_total=price["unit_amount"],
        cancel_url=params.get("cancel_url"),
        client_reference_id=params.get("client_reference_id"),
        created=now,
        currency=price["currency"],
        customer=params.get("customer"),
        expires_at=now + DAY,
        metadata=params.get("metadata") or {},
        success_url=params.get("success_url"),
    )


def portal_session(*, now: int, params: StripeObject) -> StripeObject:
    """A portal session; its URL is added when it is sent."""
    return _build(
        "billing_portal.session",
        id=new_id("bps"),
        created=now,
        customer=params["customer"],
        return_url=params.get("return_url"),
        url="",
    )


def charge(*, now: int, invoice: StripeObject) -> StripeObject:
    """The payment of an invoice."""
    return _build(
        "charge",
        id=new_id("ch"),
        amount=invoice["total"],
        amount_captured=invoice["total"],
        created=now,
        currency=invoice["currency"],
        customer=invoice["customer"],
    )


def dispute(*, now: int, charge: StripeObject, status: str, reason: str) -> StripeObject:
    """The bank of the payer claims the money of a charge back."""
    return _build(
        "dispute",
        id=new_id("dp"),
        amount=charge["amount"],
        charge=charge["id"],
        created=now,
        currency=charge["currency"],
        reason=reason,
        status=status,
    )


def early_fraud_warning(*, now: int, charge: StripeObject) -> StripeObject:
    """The bank of the payer believes that a charge is fraudulent."""
    return _build("radar.early_fraud_warning", id=new_id("issfr"), charge=charge["id"], created=now)


def event(*, now: int, kind: str, item: StripeObject) -> StripeObject:
    """An event about an object as it is at this moment."""
    return _build("event", id=new_id("evt"), created=now, data={"object": item}, type=kind)


def _build(kind: str, **values: Any) -> StripeObject:
    return {**copy.deepcopy(CONSTANT[kind]), **values}
