"""Which tier a user has now, and why; and what that is computed from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog
from django.db import transaction
from django.db.models import Case, Max, Q, Subquery, Value, When
from django.db.models.functions import Now

from billing import subscriptions
from billing.models import Entitlement, Grant, Tier

log = structlog.get_logger(__name__)


class Source(StrEnum):
    """What a user's tier comes from."""

    STRIPE = "stripe"
    GRANT = "grant"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A user's tier, its source, and until when that source gives it (None: for good)."""

    tier: Tier
    source: Source
    until: datetime | None


def standing_of(*, user_id: int) -> Standing:
    """The tier of a user at this moment, by the database's clock: paid for, else granted by staff, else Basic.

    One query by primary keys.

    Raises:
        Tier.DoesNotExist: the tiers were never seeded (`manage.py seed_tiers`).
    """
    mine = Entitlement.objects.filter(pk=user_id)
    tier = (
        Tier.objects.annotate(
            paid_until=Subquery(mine.filter(stripe_until__gt=Now()).values("stripe_until")),
            granted_until=Subquery(mine.filter(grant_until__gt=Now()).values("grant_until")),
        )
        .filter(
            slug=Case(
                When(Q(paid_until__isnull=False) | Q(granted_until__isnull=False), then=Value(Tier.PRO)),
                default=Value(Tier.BASIC),
            )
        )
        .get()
    )
    paid_until: datetime | None = tier.paid_until
    granted_until: datetime | None = tier.granted_until
    if paid_until:
        return Standing(tier=tier, source=Source.STRIPE, until=paid_until)
    return Standing(tier=tier, source=Source.GRANT if granted_until else Source.DEFAULT, until=granted_until)


def tier_of(*, user_id: int) -> Tier:
    """The tier of a user at this moment; see `standing_of`."""
    return standing_of(user_id=user_id).tier


def rewrite_stripe(*, user_id: int) -> None:
    """Compute `stripe_until` anew, from every subscription that is mirrored here."""
    _rewrite(user_id, "stripe_until", lambda: subscriptions.pro_until(user_id=user_id))


def rewrite_grant(*, user_id: int) -> None:
    """Compute `grant_until` anew, from every grant that was not revoked."""
    standing = Grant.objects.filter(user_id=user_id, revoked_at=None)
    _rewrite(user_id, "grant_until", lambda: standing.aggregate(end=Max("ends_at"))["end"])


def _rewrite(user_id: int, field: str, source: Callable[[], datetime | None]) -> None:
    """Read the source under the entitlement's lock, so that of two changes at once the later reader sees both."""
    with transaction.atomic():
        Entitlement.objects.bulk_create([Entitlement(pk=user_id)], ignore_conflicts=True)
        before = Entitlement.objects.select_for_update(no_key=True).get(pk=user_id)
        until = source()
        if getattr(before, field) != until:
            Entitlement.objects.filter(pk=user_id).update(**{field: until})
            log.info("entitlement_changed", user_id=user_id, source=field, until=until and until.isoformat())
