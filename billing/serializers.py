"""Serializers of tiers, usage and subscriptions."""

from typing import Any, Final

from rest_framework import serializers

from billing import catalogue
from billing.entitlements import Source
from billing.models import Tier

TIERS: Final = tuple(catalogue.SEEDS)
"""The only tiers; staff change their limits."""


class PriceSerializer(serializers.Serializer[Any]):
    """`amount` is in the currency's smallest unit (999 in usd is 9.99 dollars) and for `interval_count` intervals."""

    amount = serializers.IntegerField()
    currency = serializers.CharField()
    interval = serializers.CharField()
    interval_count = serializers.IntegerField()


class TierSerializer(serializers.ModelSerializer[Tier]):
    """A tier. `daily_messages` is null if there is no limit, `price` if it is free or not for sale."""

    slug = serializers.ChoiceField(choices=TIERS)
    models = serializers.ListField(child=serializers.CharField(), source="allowed_models")
    price = serializers.SerializerMethodField()

    class Meta:
        model = Tier
        fields = (
            "slug",
            "name",
            "daily_messages",
            "sends_per_minute",
            "models",
            "max_output_tokens",
            "context_tokens",
            "parallel_replies",
            "waiting_replies",
            "file_bytes",
            "files_per_message",
            "kept_file_bytes",
            "price",
        )

    def get_price(self, tier: Tier) -> PriceSerializer(allow_null=True):  # type: ignore[valid-type]
        return catalogue.price_of(tier)


class TokenCountSerializer(serializers.Serializer[Any]):
    """Tokens of prompts and replies, and what they cost the installation."""

    prompt = serializers.IntegerField()
    output = serializers.IntegerField()
    cost = serializers.DecimalField(
        max_digits=18, decimal_places=6, help_text="In US dollars; calls whose price is unknown are not in it."
    )


class UsageTokensSerializer(serializers.Serializer[Any]):
    """Tokens of today and this month (UTC). `limit` and `remaining` are for today."""

    today = TokenCountSerializer()
    month = TokenCountSerializer()
    limit = serializers.IntegerField(source="token_limit")
    remaining = serializers.IntegerField(source="tokens_remaining")


class UsageSerializer(serializers.Serializer[Any]):
    """`limit` and `remaining` are null if the tier has no limit."""

    tier = serializers.ChoiceField(source="tier.slug", choices=TIERS)
    limit = serializers.IntegerField(allow_null=True)
    used = serializers.IntegerField()
    remaining = serializers.IntegerField(allow_null=True)
    resets_at = serializers.DateTimeField()
    tokens = UsageTokensSerializer(source="*")


class CheckoutSerializer(serializers.Serializer[Any]):
    """The page at Stripe where the user pays."""

    checkout_url = serializers.URLField(
        source="url", allow_null=True, help_text="Null in a repeated response once the session was paid or has expired."
    )
    session_id = serializers.CharField(source="id")
    expires_at = serializers.DateTimeField()


class PortalSerializer(serializers.Serializer[Any]):
    """The page at Stripe where the user changes card and subscription; the URL is valid for some minutes."""

    portal_url = serializers.URLField()


class SubscriptionSerializer(serializers.Serializer[Any]):
    """The tier, its source, and the subscription if there ever was one."""

    tier = serializers.ChoiceField(source="tier_status.tier.slug", choices=TIERS)
    until = serializers.DateTimeField(source="tier_status.until", allow_null=True)
    status = serializers.CharField(
        source="subscription.status",
        default=None,
        allow_null=True,
        help_text="Stripe's status: `active`, `past_due`, …",
    )
    current_period_end = serializers.DateTimeField(source="subscription.period_end", default=None, allow_null=True)
    cancel_at_period_end = serializers.BooleanField()
    cancel_at = serializers.DateTimeField(source="subscription.cancels_at", default=None, allow_null=True)
    past_due = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        """Add `source`, which cannot be declared in the class because every field has an attribute of that name."""
        source = serializers.ChoiceField(source="tier_status.source", choices=[each.value for each in Source])
        return {**super().get_fields(), "source": source}
