"""How many calls to the model one user has under way: answers, and what keeps their rooms in order."""

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from billing import leases
from billing.entitlements import tier_of
from billing.models import Tier
from chatrooms.models import Reply, Status


def free_places(*, user_id: int, tier: Tier) -> int:
    """How many more calls of the user's may begin; a stopped one counts until its worker has closed it.

    Whether the room's upkeep holds a place is asked only where one is left: it holds one at most, and whoever takes a
    place asks anew.
    """
    generating = Q(status=Status.GENERATING) | Q(status=Status.STOPPED, lease_until__isnull=False)
    free: int = tier.parallel_replies - Reply.objects.filter(generating, user_id=user_id).count()
    return free - leases.is_held(name=_upkeep_of(user_id)) if free == 1 else max(0, free)


def take_for_upkeep(*, user_id: int) -> leases.Held | None:
    """Take one of the user's places for a call that is no answer, one at a time; None if none is free.

    The user's lock makes the count exact, as it does for the answers.
    """
    with transaction.atomic():
        if not User.objects.select_for_update(no_key=True).filter(pk=user_id).exists():
            return None
        if not free_places(user_id=user_id, tier=tier_of(user_id=user_id)):
            return None
        # As long as a call may take: its whole time, and the last piece that is waited for beyond it.
        longest = settings.GEMINI_TOTAL_TIMEOUT + settings.GEMINI_READ_TIMEOUT
        return leases.try_hold(name=_upkeep_of(user_id), seconds=longest)


def _upkeep_of(user_id: int) -> str:
    return f"upkeep:{user_id}"
