"""Stripe's events, disputes and refunds, and the rows that dj-stripe syncs.

dj-stripe's own admin pages are removed: they edit what only Stripe may change, some fail, and others show keys (seen
with 2.11.0).
"""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from djstripe import models as stripe
from unfold.decorators import display

from accounts.admin.base import ReadOnlyAdmin, column, user_column
from billing import money
from billing.admin import user_actions
from billing.models import PaymentIssue, StripeEvent

for model in apps.get_app_config("djstripe").get_models():
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("failed", "failed"), ("waiting", "to be processed"), ("done", "processed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "failed":
                return queryset.filter(processed_at=None, next_attempt_at=None)
            case "waiting":
                return queryset.filter(next_attempt_at__isnull=False)
            case "done":
                return queryset.filter(processed_at__isnull=False)
        return queryset


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin):
    """The events that Stripe's webhook received."""

    title = "Stripe events"
    list_display = ("event", "type", "customer", "received", "processed", "attempts", "error")
    event = column("event_id", "Event")
    customer = column("customer_id", "Customer")
    received = column("received_at", "Received")
    processed = column("processed_at", "Processed")
    list_filter = (StatusFilter,)
    fields = (
        "event_id",
        "type",
        "customer_id",
        "object_id",
        "received_at",
        "next_attempt_at",
        "attempts",
        "processed_at",
        "error",
    )
    search_texts = ("event_id", "customer_id")
    page_actions = (user_actions.REPLAY_EVENT,)

    def user_id_of(self, target: StripeEvent) -> int | None:
        """The subscriber of the customer, if it is a user of ours."""
        customer = stripe.Customer.objects.filter(id=target.customer_id)
        return customer.values_list("subscriber_id", flat=True).first()


@admin.register(PaymentIssue)
class PaymentIssueAdmin(ReadOnlyAdmin):
    """Disputes, refunds and early fraud warnings."""

    title = "Disputes and refunds"
    list_display = ("user_link", "kind", "status", "reason", "sum", "created_")
    user_link = user_column()
    created_ = column("created", "Created")
    list_filter = ("kind", "status")
    fields = ("user_link", "kind", "stripe_id", "status", "reason", "sum", "created")
    search_ids = ("user_id",)
    search_texts = ("stripe_id",)
    ordering = ("-created",)

    @display(description="Amount")
    def sum(self, issue: PaymentIssue) -> str:
        return money.format_amount(issue.amount, issue.currency)


class SyncedObjectAdmin(ReadOnlyAdmin):
    """A row of dj-stripe: the state at Stripe, as last synced."""

    search_texts = ("id",)
    id_ = column("id", "Id")
    customer_ = column("customer_id", "Customer")
    live = column("livemode", "Live", yes_no=True)
    created_ = column("created", "Created")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without `metadata`, which no page shows."""
        return super().get_queryset(request).defer("metadata")


@admin.register(stripe.Customer)
class CustomerAdmin(SyncedObjectAdmin):
    title = "Customers"
    list_display = ("id_", "user_link", "live", "created_", "purged")
    user_link = user_column("subscriber_id")
    purged = column("date_purged", "Purged")
    fields = ("id", "user_link", "livemode", "created", "date_purged", "stripe_data")


@admin.register(stripe.Subscription)
class SubscriptionAdmin(SyncedObjectAdmin):
    title = "Subscriptions"
    list_display = ("id_", "customer_", "status_", "live", "created_")
    fields = ("id", "customer_id", "status_", "livemode", "created", "stripe_data")

    @display(description="Status")
    def status_(self, subscription: Any) -> str:
        return str(subscription.stripe_data.get("status", ""))


@admin.register(stripe.Invoice)
class InvoiceAdmin(SyncedObjectAdmin):
    title = "Invoices"
    list_display = ("id_", "customer_", "status_", "total", "created_")
    fields = ("id", "customer_id", "status_", "total", "created", "stripe_data")

    @display(description="Status")
    def status_(self, invoice: Any) -> str:
        return str(invoice.stripe_data.get("status", ""))

    @display(description="Amount")
    def total(self, invoice: Any) -> str:
        return money.format_amount(invoice.stripe_data.get("total"), invoice.stripe_data.get("currency") or "")


@admin.register(stripe.Price)
class PriceAdmin(SyncedObjectAdmin):
    title = "Prices"
    list_display = ("id_", "product", "active", "live", "created_")
    product = column("product_id", "Product")
    fields = ("id", "product_id", "active", "livemode", "created", "stripe_data")
