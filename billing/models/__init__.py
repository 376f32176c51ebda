from billing.models.payments import Checkout, Lease, PaymentIssue, StripeEvent, StripeEventQuerySet
from billing.models.tiers import Entitlement, EntitlementQuerySet, Grant, Tier
from billing.models.usage import DailyUsage, LedgerEntry, ModelCall, ServiceUsage

__all__ = [
    "Checkout",
    "DailyUsage",
    "Entitlement",
    "EntitlementQuerySet",
    "Grant",
    "Lease",
    "LedgerEntry",
    "ModelCall",
    "PaymentIssue",
    "ServiceUsage",
    "StripeEvent",
    "StripeEventQuerySet",
    "Tier",
]
