"""Which tier a user has now."""

from django.db.models import Case, Exists, Value, When

from billing.models import Entitlement, Tier


def tier_of(*, user_id: int) -> Tier:
    """The tier of a user at this moment, by the database's clock: Pro while an entitlement runs, else Basic.

    Raises:
        Tier.DoesNotExist: the tiers were never seeded (`manage.py seed_tiers`).
    """
    pro = Entitlement.objects.pro().filter(pk=user_id)
    return Tier.objects.get(slug=Case(When(Exists(pro), then=Value(Tier.PRO)), default=Value(Tier.BASIC)))
