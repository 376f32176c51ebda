"""The burst limits. They allow everything while Redis is unavailable; the daily quota (`billing.quota`) is exact."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.current_user import current_user
from accounts.limits import UserLimit
from billing.entitlements import tier_of
from billing.models import Tier


def tier_of_request(request: Request) -> Tier:
    """The tier of a request's user, read once for the request."""
    tier: Tier | None = getattr(request, "tier", None)
    if tier is None:
        tier = tier_of(user_id=current_user(request).pk)
        setattr(request, "tier", tier)  # noqa: B010  DRF's request has no such attribute
    return tier


class SendLimit(UserLimit):
    """`Tier.sends_per_minute` of one user, in all rooms together; edits, retries and regenerations count too."""

    def group(self, view: APIView) -> str:
        """One group for all views."""
        return type(self).__name__

    def per_minute(self, request: Request) -> int:
        return tier_of_request(request).sends_per_minute


class SearchLimit(UserLimit):
    """Searches of one user."""


class UploadLimit(UserLimit):
    """Uploads of one user: each may take a second of a processor. A direct one is two requests."""

    rate = 60

    def group(self, view: APIView) -> str:
        """One group for all views."""
        return type(self).__name__


class DownloadLimit(UserLimit):
    """Downloads of one user's files."""

    rate = 300
