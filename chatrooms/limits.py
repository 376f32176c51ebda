"""The burst limits. They allow everything while Redis is unavailable; the daily quota (`billing.quota`) is exact."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.limits import UserLimit
from billing.entitlements import tier_of_request


class SendLimit(UserLimit):
    """`Tier.sends_per_minute` of one user, in all rooms together; edits, retries and regenerations count too."""

    def group(self, view: APIView) -> str:
        """One group for all views."""
        return type(self).__name__

    def per_minute(self, request: Request) -> int:
        return tier_of_request(request).sends_per_minute


class SearchLimit(UserLimit):
    """Searches of one user."""
