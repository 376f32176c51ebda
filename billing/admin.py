"""Tiers, allowances and payments at the desk. dj-stripe's own pages are taken down: they edit what only Stripe may
change, some fail, and others show keys (seen with 2.11.0).
"""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from djstripe import models as stripe
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin import base, panels
from accounts.admin.base import DeskAdmin
from accounts.models import User
from accounts.staff import audit_trail
from billing import catalogue, money
from billing import desk as people
from billing.models import Grant, LedgerEntry, PaymentIssue, ServiceUsage, StripeEvent, Tier
from config.http.client_address import client_address

panels.register_card(panels.Place.TIER, people.tier_card)
panels.register_card(panels.Place.PAYMENTS, people.payments_card)
base.register_finder(people.people_of_stripe)
for deed in people.DEEDS:
    base.register_deed(deed)

for model in apps.get_app_config("djstripe").get_models():
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class TierForm(forms.ModelForm):  # type: ignore[type-arg]
    """A tier, checked as a whole, and why it is changed."""

    reason = base.reason_field()

    class Meta:
        model = Tier
        fields = (
            "name",
            "daily_messages",
            "sends_per_minute",
            "model_names",
            "max_output_tokens",
            "context_tokens",
            "parallel_replies",
            "waiting_replies",
            "stripe_product",
            "former_products",
            "stripe_price",
        )
        widgets = {"model_names": UnfoldAdminTextInputWidget, "former_products": UnfoldAdminTextInputWidget}
        help_texts = {
            "daily_messages": "Units a day (UTC); empty for as many as one likes.",
            "parallel_replies": "Answers to one person that are made at the same time.",
            "waiting_replies": "Answers that one person may have under way before a further message is refused.",
            "max_output_tokens": "The longest answer.",
            "model_names": "The models that may be chosen, with commas between; the first answers unless another one "
            "is. Empty: GEMINI_MODEL alone.",
            "context_tokens": "Sent to the model at most, by estimate: instruction, history and message.",
            "stripe_product": "Who subscribes to it has this tier.",
            "former_products": "What it was sold as before, with commas between: who subscribed to one has it still.",
            "stripe_price": "What a new subscription costs; empty while it is not for sale.",
        }

    def clean_model_names(self) -> list[str]:
        """No model twice, and none that is no name."""
        names = [name.strip() for name in self.cleaned_data["model_names"] or []]
        if len(set(names)) < len(names) or not all(name.replace(".", "-").replace("-", "").isalnum() for name in names):
            raise ValidationError("Names of models, each once: gemini-flash-latest, gemini-pro-latest.")
        return names

    def clean(self) -> dict[str, Any]:
        """What one field says about another.

        Raises:
            ValidationError: a budget without room, waiting fewer than are made at once, or a price of another product.
        """
        data: dict[str, Any] = super().clean() or {}
        if data.get("context_tokens", 0) < 1000:
            self.add_error("context_tokens", "At least 1,000: the message itself may need so many.")
        if data.get("waiting_replies", 0) < data.get("parallel_replies", 0):
            self.add_error("waiting_replies", "At least as many as are made at once.")
        price, product = data.get("stripe_price"), data.get("stripe_product")
        if price and not stripe.Price.objects.filter(id=price, product_id=product, active=True).exists():
            self.add_error("stripe_price", "Not an active price of this product, as far as is known here.")
        return data


@admin.register(Tier)
class TierAdmin(DeskAdmin):
    """The tiers: the one kind of row that is edited."""

    title = "Tiers"
    form = TierForm
    fields = (*TierForm.Meta.fields, "reason")
    list_display = ("name", "daily_messages", "sends_per_minute", "parallel_replies", "waiting_replies", "stripe_price")
    ordering = ("pk",)
    change_form_outer_before_template = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change tiers."""
        return request.user.has_perm("billing.change_tier")

    def save_model(self, request: HttpRequest, obj: Tier, form: Any, change: bool) -> None:
        """Save it, and record who did and why."""
        actor = request.user
        assert isinstance(actor, User)
        changed = ", ".join(name for name in form.changed_data if name != "reason")
        with audit_trail.recorded(
            action="change_tier",
            staff=actor,
            target=f"{obj.slug}: {changed}"[:80],
            reason=form.cleaned_data["reason"],
            address=client_address(request),
        ):
            catalogue.save(obj)


@admin.register(Grant)
class GrantAdmin(DeskAdmin):
    """Pro that was given."""

    title = "Grants"
    list_display = ("pk_", "person", "until", "reason", "granted", "revoked")
    pk_ = base.column("pk", "Grant")
    person = base.person_column(title="To")
    until = base.column("ends_at", "Until")
    by = base.column("by", "By")
    granted = base.column("created_at", "Granted")
    revoked = base.column("revoked_at", "Revoked")
    fields = ("id", "person", "ends_at", "reason", "by", "created_at", "revoked_at")
    search_ids = ("user_id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        """Bring along who gave it, if the account is still there."""
        return super().get_queryset(request).select_related("granted_by")


@admin.register(LedgerEntry)
class LedgerAdmin(DeskAdmin):
    """Every unit that was taken or given back."""

    title = "Units"
    list_display = ("at", "person", "day", "amount", "kind", "gives_back")
    at = base.column("created_at", "When")
    person = base.person_column()
    gives_back = base.column("returns_id", "Gives back entry")
    list_filter = ("kind",)
    fields = ("id", "person", "day", "amount", "kind", "returns", "created_at")
    search_ids = ("user_id",)


@admin.register(ServiceUsage)
class ServiceUsageAdmin(DeskAdmin):
    """Tokens of the whole installation, by day."""

    title = "Tokens by day"
    list_display = ("day", "read", "written")
    read = base.column("prompt_tokens", "Read")
    written = base.column("output_tokens", "Written")
    fields = ("day", "prompt_tokens", "output_tokens")


class WaitsFilter(admin.SimpleListFilter):
    """Events by what is to be done about them."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The states."""
        return [("failed", "wait for a person"), ("waiting", "to be processed"), ("done", "processed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The events of the chosen state."""
        match self.value():
            case "failed":
                return queryset.filter(processed_at=None, next_try_at=None)
            case "waiting":
                return queryset.filter(next_try_at__isnull=False)
            case "done":
                return queryset.filter(processed_at__isnull=False)
        return queryset


@admin.register(StripeEvent)
class StripeEventAdmin(DeskAdmin):
    """What Stripe's webhook brought."""

    title = "Stripe's events"
    list_display = ("event", "type", "customer", "received", "processed", "tries", "error")
    event = base.column("event_id", "Event")
    customer = base.column("customer_id", "Customer")
    received = base.column("received_at", "Received")
    processed = base.column("processed_at", "Processed")
    list_filter = (WaitsFilter,)
    fields = (
        "event_id",
        "type",
        "customer_id",
        "object_id",
        "received_at",
        "next_try_at",
        "tries",
        "processed_at",
        "error",
    )
    search_texts = ("event_id", "customer_id")
    deeds = (
        base.Deed(
            name="replay",
            title="Process again",
            icon="replay",
            permission="billing.replay_stripeevent",
            explain="Has a worker ask Stripe about this customer again, now. Doing it twice does no harm.",
            act=people.replay_event,
        ),
    )

    def person_of(self, target: StripeEvent) -> int | None:
        """The customer's person, if it is one of ours."""
        customer = stripe.Customer.objects.filter(id=target.customer_id)
        return customer.values_list("subscriber_id", flat=True).first()


@admin.register(PaymentIssue)
class PaymentIssueAdmin(DeskAdmin):
    """Disputes, refunds and banks' warnings of fraud, the newest first."""

    title = "Disputes and refunds"
    list_display = ("person", "kind", "status", "reason", "sum", "since")
    person = base.person_column()
    since = base.column("created", "Since")
    list_filter = ("kind", "status")
    fields = ("person", "kind", "stripe_id", "status", "reason", "sum", "created")
    search_ids = ("user_id",)
    search_texts = ("stripe_id",)
    ordering = ("-created",)

    @display(description="Amount")
    def sum(self, issue: PaymentIssue) -> str:
        """In the currency's unit, not its smallest one."""
        return money.written(issue.amount, issue.currency)


class MirrorAdmin(DeskAdmin):
    """A row of dj-stripe's: what Stripe said last."""

    search_texts = ("id",)
    id_ = base.column("id", "Id")
    customer_ = base.column("customer_id", "Customer")
    live = base.column("livemode", "Live", yes_no=True)
    since = base.column("created", "Since")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the accounts and plans that dj-stripe would look up row by row."""
        return super().get_queryset(request).defer("metadata")


@admin.register(stripe.Customer)
class CustomerAdmin(MirrorAdmin):
    """Customers."""

    title = "Customers"
    list_display = ("id_", "person", "live", "since", "purged")
    person = base.person_column("subscriber_id")
    purged = base.column("date_purged", "Purged")
    fields = ("id", "person", "livemode", "created", "date_purged", "stripe_data")


@admin.register(stripe.Subscription)
class SubscriptionAdmin(MirrorAdmin):
    """Subscriptions."""

    title = "Subscriptions"
    list_display = ("id_", "customer_", "said_status", "live", "since")
    fields = ("id", "customer_id", "said_status", "livemode", "created", "stripe_data")

    @display(description="Status")
    def said_status(self, subscription: Any) -> str:
        """What Stripe said last."""
        return str(subscription.stripe_data.get("status", ""))


@admin.register(stripe.Invoice)
class InvoiceAdmin(MirrorAdmin):
    """Invoices."""

    title = "Invoices"
    list_display = ("id_", "customer_", "said_status", "total", "since")
    fields = ("id", "customer_id", "said_status", "total", "created", "stripe_data")

    @display(description="Status")
    def said_status(self, invoice: Any) -> str:
        """What Stripe said last."""
        return str(invoice.stripe_data.get("status", ""))

    @display(description="Amount")
    def total(self, invoice: Any) -> str:
        """In the currency's unit, not its smallest one."""
        return money.written(invoice.stripe_data.get("total"), invoice.stripe_data.get("currency") or "")


@admin.register(stripe.Price)
class PriceAdmin(MirrorAdmin):
    """Prices."""

    title = "Prices"
    list_display = ("id_", "product", "active", "live", "since")
    product = base.column("product_id", "Product")
    fields = ("id", "product_id", "active", "livemode", "created", "stripe_data")
