"""API keys as JSON."""

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from accounts.api_keys.keys import LONGEST_DAYS, LONGEST_OVERLAP, MOST_UNITS, USUAL_DAYS, Shown
from accounts.api_keys.origins import ORIGIN
from accounts.models import ApiKey, Scope
from accounts.models.api_keys import MAX_KEY_NAME, MAX_MODELS, MAX_ORIGIN, MAX_ORIGINS
from config.http.fields import PatternField, TextField


class EachOnceField(serializers.ListField):
    """A list without repeats."""

    def to_internal_value(self, data: Any) -> list[Any]:
        values: list[Any] = super().to_internal_value(data)
        if len(set(values)) < len(values):
            raise serializers.ValidationError("Each once.", code="duplicate")
        return values


class LifetimeSerializer(serializers.Serializer[Any]):
    """How long a secret works."""

    expires_in_days = serializers.IntegerField(
        default=USUAL_DAYS, min_value=1, max_value=LONGEST_DAYS, help_text="Days that the key works for, from now."
    )

    @property
    def lifetime(self) -> timedelta:
        return timedelta(days=self.validated_data["expires_in_days"])


class NewApiKeySerializer(LifetimeSerializer):
    """The key to make."""

    name = TextField(max_length=MAX_KEY_NAME)
    scopes = EachOnceField(
        child=serializers.ChoiceField(Scope.choices),
        max_length=len(Scope),
        help_text="What the key may do. An empty list is nothing.",
    )
    models = EachOnceField(
        child=TextField(max_length=80),
        required=False,
        allow_null=True,
        max_length=MAX_MODELS,
        help_text="The models that may reply to it, of those that your tier has; all of them without this.",
    )
    allowed_origins = EachOnceField(
        child=PatternField(ORIGIN, max_length=MAX_ORIGIN),
        required=False,
        max_length=MAX_ORIGINS,
        help_text="Origins whose pages may use it on `/v1`: `https://app.example.com`, in lower case, without a path.",
    )
    daily_units = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=MOST_UNITS,
        help_text="Messages that it may send per day (UTC), of yours; all of them without this.",
    )


class RotationSerializer(LifetimeSerializer):
    """How a key is rotated."""

    overlap = serializers.IntegerField(
        min_value=0,
        max_value=int(LONGEST_OVERLAP.total_seconds()),
        help_text="Seconds that the former secret still works for; 0 ends every former one at once.",
    )


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key, without its secret."""

    prefix = serializers.CharField(read_only=True, help_text="What its text begins with.")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices), read_only=True)
    models = serializers.ListField(source="model_names", child=serializers.CharField(), read_only=True, allow_null=True)
    allowed_origins = serializers.ListField(child=serializers.CharField(), read_only=True)
    units_today = serializers.IntegerField(read_only=True, help_text="What it has consumed today (UTC).")
    previous_until = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="How long the secret before the last rotation works."
    )

    class Meta:
        model = ApiKey
        fields = (
            *("id", "name", "prefix", "scopes", "models", "allowed_origins", "daily_units", "units_today"),
            *("created_at", "expires_at", "last_used_at", "rotated_at", "previous_until"),
        )
        read_only_fields = fields


class ShownApiKeySerializer(ApiKeySerializer):
    """A key with its text, which is shown this once."""

    key = serializers.SerializerMethodField()

    class Meta(ApiKeySerializer.Meta):
        fields = (*ApiKeySerializer.Meta.fields, "key")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    def get_key(self, key: ApiKey) -> str:
        """Send it as `Authorization: Bearer <key>`. It is stored nowhere, and cannot be shown again."""
        shown: Shown = self.context["shown"]
        return shown.text
