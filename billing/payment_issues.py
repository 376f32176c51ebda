"""Disputes, refunds and banks' warnings of fraud, as Stripe reports them.

None of them changes a subscription by itself. The admin shows them on the user's page, and a dispute ends Pro
(`STRIPE_DISPUTE_ENDS_PRO`).
"""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from djstripe.models import Customer

from billing import entitlements, leases, stripe_api, stripe_client
from billing.models import PaymentIssue

log = structlog.get_logger(__name__)

EVENTS: Final = ("charge.refunded", "charge.dispute.", "radar.early_fraud_warning.")
"""Prefixes of the types of their events. The event's object is refreshed, not its customer."""


LEASE: Final = 60.0
"""Seconds; longer than the one call under it may take."""

WAIT: Final = 3.0
"""Seconds that an event waits for another event about the same object."""


def concerns(*, event_type: str) -> bool:
    """Whether an event of this type is about a payment issue."""
    return event_type.startswith(EVENTS)


def refresh(*, event_type: str, object_id: str) -> None:
    """Refresh a dispute, a refunded charge or a warning from Stripe, and store it if its payer is one of our users.

    Raises:
        PaymentProviderUnavailable: Stripe is unavailable.
        PaymentProviderRefused: our key may not read it.
        leases.LeaseBusy, leases.LeaseLost: another worker refreshes it. Without the lease, a worker that called Stripe
            before a dispute was won, and wrote after that, would leave the dispute open for ever.
    """
    with (
        leases.hold(name=f"issue:{object_id}", seconds=LEASE, wait=WAIT) as lease,
        suppress(stripe_client.StripeObjectMissing),
    ):
        if event_type.startswith("charge.dispute."):
            subject = stripe_api.dispute(dispute_id=object_id)
            charge, kind, status, reason = subject.charge, PaymentIssue.Kind.DISPUTE, subject.status, subject.reason
        elif event_type.startswith("radar."):
            subject = stripe_api.early_fraud_warning(warning_id=object_id)
            status = "actionable" if subject.actionable else "closed"
            charge, kind, reason = subject.charge, PaymentIssue.Kind.WARNING, subject.fraud_type
        else:
            charge = subject = stripe_api.charge(charge_id=object_id)
            kind, status, reason = PaymentIssue.Kind.REFUND, "full" if charge.refunded else "partial", ""
        _store(lease, charge, subject, kind=kind, status=status, reason=reason)


def of_user(*, user_id: int) -> QuerySet[PaymentIssue]:
    """The user's issues in the mode of our key, newest first."""
    return PaymentIssue.objects.filter(user_id=user_id, is_live=settings.STRIPE_LIVE_MODE).order_by("-created")


def _store(
    lease: leases.HeldLease, charge: Any, subject: Any, *, kind: PaymentIssue.Kind, status: str, reason: str
) -> None:
    customer = charge.get("customer")
    customer_id = customer if isinstance(customer, str) or customer is None else customer["id"]
    user_id = Customer.objects.filter(id=customer_id).values_list("subscriber_id", flat=True).first()
    if user_id is None:
        return
    amount = charge["amount_refunded"] if kind == PaymentIssue.Kind.REFUND else subject.get("amount", charge["amount"])
    with transaction.atomic():
        lease.confirm()
        _, is_new = PaymentIssue.objects.update_or_create(
            stripe_id=subject["id"],
            defaults={
                "user_id": user_id,
                "kind": kind,
                "status": status[:40],
                "reason": (reason or "")[:80],
                "amount": amount,
                "currency": charge["currency"],
                "is_live": bool(charge.get("livemode")),
                "created": datetime.fromtimestamp(subject["created"], UTC),
            },
        )
        entitlements.recompute_stripe(user_id=user_id)
    if is_new:
        log.error("payment_issue", user_id=user_id, kind=str(kind), status=status, stripe_id=subject["id"])
