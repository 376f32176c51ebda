"""The burst limits. They allow everything while Redis is unavailable; the daily quota (`billing.quota`) is exact."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.current_user import current_user
from accounts.limits import UserLimit
from billing.entitlements import tier_of


class SendLimit(UserLimit):
    """`Tier.sends_per_minute` of one user, in all rooms together; edits, retries and regenerations count too."""

    def group(self, view: APIView) -> str:
        """One group for all views."""
        return type(self).__name__

    def per_minute(self, request: Request) -> int:
        return tier_of(user_id=current_user(request).pk).sends_per_minute


class SearchLimit(UserLimit):
    """Searches of one user."""
