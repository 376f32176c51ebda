from billing.models.payments import Checkout, Lease, PaymentIssue, StripeEvent, StripeEventQuerySet
from billing.models.tiers import (
    MAX_FILES_PER_MESSAGE,
    Entitlement,
    EntitlementQuerySet,
    Grant,
    Tier,
)
from billing.models.usage import DailyUsage, LedgerEntry, ModelCall, ServiceUsage

__all__ = [
    "MAX_FILES_PER_MESSAGE",
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
