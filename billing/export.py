"""Billing's sections of the export of a user's data (`accounts.personal_data.export`)."""

from collections.abc import Iterable
from typing import Any

from djstripe.models import Customer, Invoice, Subscription

from accounts.personal_data.export import rows
from billing.models import DailyUsage, Entitlement, Grant, LedgerEntry, ModelCall, PaymentIssue


def entitlement(user_id: int) -> Iterable[Any]:
    return rows(Entitlement.objects.filter(pk=user_id), "stripe_until", "grant_until")


def grants(user_id: int) -> Iterable[Any]:
    return rows(Grant.objects.filter(user_id=user_id), "ends_at", "reason", "created_at", "revoked_at")


def usage(user_id: int) -> Iterable[Any]:
    return rows(
        DailyUsage.objects.filter(user_id=user_id),
        "day",
        "used",
        "prompt_tokens",
        "output_tokens",
        "cost_micros",
        "stops",
    )


def model_calls(user_id: int) -> Iterable[Any]:
    return rows(
        ModelCall.objects.filter(user_id=user_id),
        "purpose",
        "model",
        "prompt_tokens",
        "output_tokens",
        "cached_tokens",
        "tool_tokens",
        "thought_tokens",
        "cost_micros",
        "response_id",
        "service_tier",
        "created_at",
    )


def units(user_id: int) -> Iterable[Any]:
    return rows(LedgerEntry.objects.filter(user_id=user_id), "day", "amount", "kind", "api_key_id", "created_at")


def customers(user_id: int) -> Iterable[Any]:
    return rows(Customer.objects.filter(subscriber_id=user_id), "id", "created", "livemode")


def subscriptions(user_id: int) -> Iterable[Any]:
    return rows(Subscription.objects.filter(customer__subscriber_id=user_id), "id", "stripe_data")


def invoices(user_id: int) -> Iterable[Any]:
    return rows(Invoice.objects.filter(customer__subscriber_id=user_id), "id", "stripe_data")


def payment_issues(user_id: int) -> Iterable[Any]:
    return rows(
        PaymentIssue.objects.filter(user_id=user_id), "kind", "status", "reason", "amount", "currency", "created"
    )
