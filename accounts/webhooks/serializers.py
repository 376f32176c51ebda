"""Webhook endpoints and deliveries as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.models import EventType, WebhookDelivery, WebhookEndpoint
from accounts.models.webhooks import MAX_WEBHOOK_URL
from accounts.webhooks import targets
from accounts.webhooks.endpoints import LONGEST_OVERLAP, Shown
from config.http.fields import TextField


class UrlField(TextField):
    """A URL that a webhook may be sent to. Its name is looked up only when something is sent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAX_WEBHOOK_URL, trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        url = super().to_internal_value(data)
        try:
            targets.read(url)
        except targets.Refused as refused:
            raise serializers.ValidationError(str(refused), code="invalid") from None
        return url


class EventTypesField(serializers.ListField):
    """Types of events, each once."""

    def __init__(self, **options: Any) -> None:
        child = serializers.ChoiceField(EventType.choices)
        super().__init__(child=child, max_length=len(EventType), **options)

    def to_internal_value(self, data: Any) -> list[Any]:
        values: list[Any] = super().to_internal_value(data)
        if len(set(values)) < len(values):
            raise serializers.ValidationError("Each once.", code="duplicate")
        return values


class NewWebhookEndpointSerializer(serializers.Serializer[Any]):
    """The endpoint to make."""

    url = UrlField(help_text="https://, with a public address; port 443, 80, or from 1024.")
    event_types = EventTypesField(help_text="What it is told. An empty list is nothing.")


class ChangedWebhookEndpointSerializer(serializers.Serializer[Any]):
    """What to change of an endpoint."""

    url = UrlField(required=False)
    event_types = EventTypesField(required=False)
    enabled = serializers.BooleanField(
        required=False,
        help_text="false: nothing is sent, and what waits has failed. true: events from now on are sent.",
    )


class SecretRotationSerializer(serializers.Serializer[Any]):
    """How a secret is rotated."""

    overlap = serializers.IntegerField(
        min_value=0,
        max_value=int(LONGEST_OVERLAP.total_seconds()),
        help_text="Seconds for which the former secret signs, too; 0 for none.",
    )


class WebhookEndpointSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    """An endpoint, without its secret."""

    event_types = serializers.ListField(child=serializers.ChoiceField(EventType.choices), read_only=True)
    enabled = serializers.BooleanField(read_only=True)
    disabled_reason = serializers.SerializerMethodField(
        help_text="`user`: you. `gone`: it answered 410. `failing`: it failed for five days. `staff`: our staff.",
    )
    failing_since = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Since when it has accepted nothing; null after a success."
    )
    previous_until = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="How long the secret before the last rotation signs, too."
    )

    class Meta:
        model = WebhookEndpoint
        fields = (
            *("id", "url", "event_types", "enabled", "disabled_at", "disabled_reason", "failing_since"),
            *("created_at", "rotated_at", "previous_until", "last_attempt_at"),
        )
        read_only_fields = fields

    def get_disabled_reason(self, endpoint: WebhookEndpoint) -> str | None:
        return endpoint.disabled_reason or None


class ShownWebhookEndpointSerializer(WebhookEndpointSerializer):
    """An endpoint with its secret, which is shown this once."""

    secret = serializers.SerializerMethodField()

    class Meta(WebhookEndpointSerializer.Meta):
        fields = (*WebhookEndpointSerializer.Meta.fields, "secret")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    def get_secret(self, endpoint: WebhookEndpoint) -> str:
        """`whsec_<base64>`: verify with it. It cannot be shown again."""
        shown: Shown = self.context["shown"]
        return shown.secret


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """An event for an endpoint, and how far it came."""

    webhook_id = serializers.CharField(
        source="message_id", read_only=True, help_text="The header `webhook-id`, the same in every attempt."
    )
    type = serializers.CharField(source="event_type", read_only=True)
    timestamp = serializers.DateTimeField(source="occurred_at", read_only=True)
    data = serializers.DictField(read_only=True)  # type: ignore[assignment]  # DRF takes it out of the class
    last_error = serializers.SerializerMethodField(
        help_text="If there was no response: `timeout`, `connection_failed`, `address_refused` and so on."
    )

    class Meta:
        model = WebhookDelivery
        fields = (
            *("id", "webhook_id", "type", "timestamp", "data", "status", "attempts"),
            *("last_attempt_at", "last_status_code", "last_error", "next_attempt_at", "ended_at"),
        )
        read_only_fields = fields

    def get_last_error(self, delivery: WebhookDelivery) -> str | None:
        return delivery.last_error or None
