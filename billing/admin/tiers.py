"""Tiers, grants, units, and tokens by day."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from djstripe.models import Price
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin.actions import reason_field
from accounts.admin.base import ReadOnlyAdmin, column, user_column
from accounts.models import User
from accounts.staff import audit_trail
from billing import catalogue
from billing.models import Grant, LedgerEntry, ServiceUsage, Tier
from config.http.client_address import client_address


class TierForm(forms.ModelForm):  # type: ignore[type-arg]
    reason = reason_field()

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
            "file_bytes",
            "files_per_message",
            "kept_file_bytes",
            "stripe_product",
            "former_products",
            "stripe_price",
        )
        widgets = {"model_names": UnfoldAdminTextInputWidget, "former_products": UnfoldAdminTextInputWidget}
        help_texts = {
            "daily_messages": "Units per day (UTC); empty: no limit.",
            "parallel_replies": "Replies to one user that are generated at the same time.",
            "waiting_replies": "Unfinished replies that one user may have before a further message is refused.",
            "max_output_tokens": "The longest reply.",
            "model_names": "The models that users may choose, separated by commas; the first is the default. Empty: "
            "GEMINI_MODEL alone.",
            "context_tokens": "The most that is sent to the model, by estimate: instruction, history and message.",
            "file_bytes": "The largest file, in bytes.",
            "kept_file_bytes": "All files of one user together, in bytes.",
            "stripe_product": "A subscription to it gives this tier.",
            "former_products": "Earlier products, separated by commas: a subscription to one still gives this tier.",
            "stripe_price": "The price of a new subscription; empty: not for sale.",
        }

    def clean_model_names(self) -> list[str]:
        names = [name.strip() for name in self.cleaned_data["model_names"] or []]
        if len(set(names)) < len(names) or not all(name.replace(".", "-").replace("-", "").isalnum() for name in names):
            raise ValidationError("Enter names of models, each once: gemini-flash-latest, gemini-pro-latest.")
        return names

    def clean(self) -> dict[str, Any]:
        """Check the rules that are no constraint of one field, or that concern two."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("context_tokens", 0) < 1000:
            self.add_error("context_tokens", "At least 1,000: the message alone may need that many.")
        if data.get("waiting_replies", 0) < data.get("parallel_replies", 0):
            self.add_error("waiting_replies", "At least as many as are generated at the same time.")
        if data.get("kept_file_bytes", 0) < data.get("file_bytes", 0):
            self.add_error("kept_file_bytes", "At least as much as one file may have.")
        price, product = data.get("stripe_price"), data.get("stripe_product")
        if price and not Price.objects.filter(id=price, product_id=product, active=True).exists():
            self.add_error("stripe_price", "Not an active price of this product, as last synced from Stripe.")
        return data


@admin.register(Tier)
class TierAdmin(ReadOnlyAdmin):
    """The only rows that staff edit in a form."""

    title = "Tiers"
    form = TierForm
    fields = (*TierForm.Meta.fields, "reason")
    list_display = ("name", "daily_messages", "sends_per_minute", "parallel_replies", "waiting_replies", "stripe_price")
    ordering = ("pk",)
    change_form_outer_before_template = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("billing.change_tier")

    def save_model(self, request: HttpRequest, obj: Tier, form: Any, change: bool) -> None:
        staff = request.user
        assert isinstance(staff, User)
        changed = ", ".join(name for name in form.changed_data if name != "reason")
        with audit_trail.audit_staff_action(
            action="change_tier",
            staff=staff,
            target=f"{obj.slug}: {changed}"[:80],
            reason=form.cleaned_data["reason"],
            address=client_address(request),
        ):
            catalogue.save(obj)


@admin.register(Grant)
class GrantAdmin(ReadOnlyAdmin):
    title = "Grants"
    list_display = ("pk_", "user_link", "until", "reason", "granted", "revoked")
    pk_ = column("pk", "Grant")
    user_link = user_column()
    until = column("ends_at", "Until")
    by = column("by", "By")
    granted = column("created_at", "Granted")
    revoked = column("revoked_at", "Revoked")
    fields = ("id", "user_link", "ends_at", "reason", "by", "created_at", "revoked_at")
    search_ids = ("user_id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        return super().get_queryset(request).select_related("granted_by")


@admin.register(LedgerEntry)
class LedgerAdmin(ReadOnlyAdmin):
    """Every unit that was consumed or refunded."""

    title = "Units"
    list_display = ("at", "user_link", "day", "amount", "kind", "refunds")
    at = column("created_at", "When")
    user_link = user_column()
    refunds = column("returns_id", "Refunds entry")
    list_filter = ("kind",)
    fields = ("id", "user_link", "day", "amount", "kind", "returns", "created_at")
    search_ids = ("user_id",)


@admin.register(ServiceUsage)
class ServiceUsageAdmin(ReadOnlyAdmin):
    """Tokens of all users together, by day."""

    title = "Tokens by day"
    list_display = ("day", "prompt", "output")
    prompt = column("prompt_tokens", "Prompt")
    output = column("output_tokens", "Output")
    fields = ("day", "prompt_tokens", "output_tokens")
