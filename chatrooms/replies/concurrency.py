"""How many calls to the model one user may have at once, for replies and for titles and summaries together."""

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from billing import leases
from billing.entitlements import tier_of
from billing.models import Tier
from chatrooms.models import Reply, Status


def free_slots(*, user_id: int, tier: Tier) -> int:
    """How many more calls of the user may start; a stopped one counts until its worker has closed it.

    The slot of titles and summaries is checked only if one slot is left: they use one at most, and a caller that takes
    a slot counts again.
    """
    generating = Q(status=Status.GENERATING) | Q(status=Status.STOPPED, lease_until__isnull=False)
    free: int = tier.parallel_replies - Reply.objects.filter(generating, user_id=user_id).count()
    return free - leases.is_held(name=_lease_name(user_id)) if free == 1 else max(0, free)


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
