"""Money that went back to a payer, or may: disputes, refunds and banks' warnings of fraud, as Stripe tells of them.

None of them changes a subscription by itself, so nobody would hear of them here: they stand on the user's page at the
desk, and a dispute ends Pro (`STRIPE_DISPUTE_ENDS_PRO`).
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
"""How the types begin of the events that tell of one; their object is what Stripe is asked about."""


LEASE: Final = 60.0
"""Seconds: longer than the one call made under it may take."""

WAIT: Final = 3.0
"""Seconds that one event waits for another about the same."""


def is_told_by(*, event_type: str) -> bool:
    """Whether an event of this type tells of such an issue."""
    return event_type.startswith(EVENTS)


def refresh(*, event_type: str, object_id: str) -> None:
    """Ask Stripe about a dispute, a refunded charge or a warning, and store what it says of a user's of ours.

    Raises:
        PaymentProviderAway: Stripe does not answer.
        PaymentProviderRefused: our key may not read it.
        leases.LeaseBusy, leases.LeaseLost: another worker is at it. Without the lease one that asked before a dispute
            was won, and wrote after that, would leave it lost for ever.
    """
    with leases.hold(name=f"issue:{object_id}", seconds=LEASE, wait=WAIT) as lease, suppress(stripe_client.NotThere):
        if event_type.startswith("charge.dispute."):
            subject = stripe_api.dispute(dispute_id=object_id)
            charge, kind, status, why = subject.charge, PaymentIssue.Kind.DISPUTE, subject.status, subject.reason
        elif event_type.startswith("radar."):
            subject = stripe_api.early_fraud_warning(warning_id=object_id)
            status = "actionable" if subject.actionable else "closed"
            charge, kind, why = subject.charge, PaymentIssue.Kind.WARNING, subject.fraud_type
        else:
            charge = subject = stripe_api.charge(charge_id=object_id)
            kind, status, why = PaymentIssue.Kind.REFUND, "full" if charge.refunded else "partial", ""
        _store(lease, charge, subject, kind=kind, status=status, why=why)


def of_user(*, user_id: int) -> QuerySet[PaymentIssue]:
    """The user's issues, the newest first."""
    return PaymentIssue.objects.filter(user_id=user_id, is_live=settings.STRIPE_LIVE_MODE).order_by("-created")


def _store(lease: leases.Held, charge: Any, subject: Any, *, kind: PaymentIssue.Kind, status: str, why: str) -> None:
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
                "reason": (why or "")[:80],
                "amount": amount,
                "currency": charge["currency"],
                "is_live": bool(charge.get("livemode")),
                "created": datetime.fromtimestamp(subject["created"], UTC),
            },
        )
        entitlements.recompute_stripe(user_id=user_id)
    if is_new:
        log.error("payment_issue", user_id=user_id, kind=str(kind), status=status, stripe_id=subject["id"])
