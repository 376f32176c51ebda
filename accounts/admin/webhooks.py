"""The lists of webhook endpoints and deliveries, and the disabling of an endpoint. No page shows a secret."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from unfold.decorators import display

from accounts.admin.actions import ActionRequest, AdminAction
from accounts.admin.base import ReadOnlyAdmin, column, user_column
from accounts.admin.panel_registry import ROWS, Badge, Link, Panel
from accounts.models import DisabledReason, User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoints


def _disable(request: ActionRequest) -> str:
    endpoints.disable(endpoint_id=request.target.pk, reason=DisabledReason.STAFF)
    return "Disabled."


DISABLE: Final = AdminAction(
    name="disable_webhook",
    title="Disable",
    icon="webhook",
    permission="accounts.disable_webhookendpoint",
    description="Sends nothing to this endpoint any more; what waits has failed. The user cannot enable it again, but "
    "can make another one.",
    run=_disable,
    is_available=lambda endpoint: endpoint.disabled_reason != DisabledReason.STAFF,
    destructive=True,
)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    title = "Webhook endpoints"
    list_display = ("endpoint", "user_link", "url_", "failing", "disabled", "reason", "created")
    user_link = user_column()
    endpoint = column("pk", "Endpoint")
    url_ = column("url", "URL")
    failing = column("failing_since", "Failing since")
    disabled = column("disabled_at", "Disabled")
    reason = column("disabled_reason", "Why")
    created = column("created_at", "Created")
    search_ids = ("user_id",)
    search_help_text = "The id of a user."
    list_filter = (("disabled_at", admin.EmptyFieldListFilter),)
    ordering = ("-created_at",)
    fields = (
        *("user_link", "url", "types", "disabled_at", "disabled_reason", "failing_since", "failures"),
        *("paused_until", "last_attempt_at", "created_at", "rotated_at", "previous_until"),
    )
    page_actions = (DISABLE,)

    @display(description="Event types")
    def types(self, endpoint: WebhookEndpoint) -> str:
        return types_of(endpoint)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    title = "Webhook deliveries"
    list_display = ("pk_", "user_link", "type_", "status_", "attempts_", "answer", "error", "next_attempt", "occurred")
    user_link = user_column("of_user")
    pk_ = column("pk", "Delivery")
    type_ = column("event_type", "Event")
    status_ = column("status", "Status")
    attempts_ = column("attempts", "Attempts")
    answer = column("last_status_code", "Last response")
    error = column("last_error", "Last error")
    next_attempt = column("next_attempt_at", "Next attempt")
    occurred = column("occurred_at", "Occurred")
    search_ids = ("endpoint__user_id",)
    search_help_text = "The id of a user."
    fields = (
        *("user_link", "event_id", "event_type", "data", "status", "attempts", "last_status_code", "last_error"),
        *("occurred_at", "last_attempt_at", "next_attempt_at", "ended_at"),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(of_user=F("endpoint__user_id"))


def types_of(endpoint: WebhookEndpoint) -> str:
    return ", ".join(endpoint.event_types) or "none"


def webhooks_panel(user: User) -> Panel:
    newest = WebhookEndpoint.objects.for_user(user.pk).order_by("-created_at")[:ROWS]
    return Panel(
        title="Webhook endpoints",
        headers=["URL", "Event types", "Last attempt", "Failing since", "Disabled"],
        rows=[
            [
                Link(endpoint.url, reverse("admin:accounts_webhookendpoint_change", args=[endpoint.pk])),
                types_of(endpoint),
                endpoint.last_attempt_at,
                endpoint.failing_since,
                Badge(endpoint.disabled_reason, "warning") if endpoint.disabled_at else Badge("enabled", "success"),
            ]
            for endpoint in newest
        ],
    )
