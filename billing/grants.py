"""Pro granted by staff. A grant always has a reason and an end."""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from accounts import audit
from billing import entitlements
from billing.models import Grant


def give(*, user_id: int, ends_at: datetime, reason: str, granted_by: int | None) -> Grant:
    """Grant Pro until `ends_at` (an aware datetime).

    Raises:
        IntegrityError: `ends_at` is not in the future, or `reason` is empty.
    """
    with transaction.atomic():
        grant = Grant.objects.create(user_id=user_id, ends_at=ends_at, reason=reason, granted_by_id=granted_by)
        entitlements.recompute_grant(user_id=user_id)
        audit.record("grant_given", user_id=user_id, grant_id=grant.pk, by=granted_by or 0)
    return grant


def revoke(*, grant: Grant, revoked_by: int | None) -> None:
    with transaction.atomic():
        grant.revoked_at = Now()
        grant.save(update_fields=["revoked_at"])
        entitlements.recompute_grant(user_id=grant.user_id)
        audit.record("grant_revoked", user_id=grant.user_id, grant_id=grant.pk, by=revoked_by or 0)
