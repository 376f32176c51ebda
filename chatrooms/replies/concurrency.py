"""How many calls to the model one user may have at once, for replies and for titles and summaries together."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from billing import leases
from billing.entitlements import tier_of
from billing.models import Tier
from chatrooms.models import Reply, Status
from config.infrastructure.compiled import compiled


def free_slots(*, user_id: int, tier: Tier) -> int:
    """How many more calls of the user may start; a stopped one counts until its worker has closed it.

    The slot of titles and summaries is checked only if one slot is left: they use one at most, and a caller that takes
    a slot counts again.
    """
    free: int = tier.parallel_replies - len(_calls(user_id=user_id))
    return free - leases.is_held(name=_lease_name(user_id)) if free == 1 else max(0, free)


@compiled
def _calls(user_id: int) -> QuerySet[Reply, Any]:
    """The user's replies for which the model is called."""
    calling = Q(status=Status.GENERATING) | Q(status=Status.STOPPED, lease_until__isnull=False)
    found: QuerySet[Reply, Any] = Reply.objects.filter(calling, user_id=user_id).values("pk")
    return found


def take_slot_for_room(*, user_id: int) -> leases.HeldLease | None:
    """Take one of the user's slots for a title or a summary, one at a time; None if none is free.

    The user's lock makes the count exact, as it does for replies.
    """
    with transaction.atomic():
        if not User.objects.select_for_update(no_key=True).filter(pk=user_id).exists():
            return None
        if not free_slots(user_id=user_id, tier=tier_of(user_id=user_id)):
            return None
        # As long as a call may take: its whole time, and the read timeout of a last chunk that begins just before.
        longest = settings.GEMINI_TOTAL_TIMEOUT + settings.GEMINI_READ_TIMEOUT
        return leases.try_acquire(name=_lease_name(user_id), seconds=longest)


def _lease_name(user_id: int) -> str:
    return f"upkeep:{user_id}"  # rows of `billing.Lease` hold this name
