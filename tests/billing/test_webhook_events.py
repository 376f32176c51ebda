"""What a user's webhooks are told of Pro."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import EventType, User, WebhookDelivery
from accounts.webhooks import endpoints
from billing import entitlements, grants

pytestmark = pytest.mark.django_db


def test_a_change_of_pro_is_told_once(alice: User, bob: User) -> None:
    endpoints.make(user_id=alice.pk, url="https://example.com/", event_types=[EventType.SUBSCRIPTION_CHANGED])
    for user in (alice, bob):
        grant = grants.give(
            user_id=user.pk, ends_at=timezone.now() + timedelta(days=1), reason="A gift", granted_by=None
        )
    entitlements.recompute_grant(user_id=alice.pk)
    [delivery] = WebhookDelivery.objects.all()
    assert (delivery.event_type, delivery.data) == ("subscription.changed", {"user_id": alice.pk})
    grants.revoke(grant=grant, revoked_by=None)  # bob's, who has no endpoint
    assert WebhookDelivery.objects.count() == 1
