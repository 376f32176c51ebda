"""The burst limit on sends: a comfort limit, per tier; the day's allowance is counted exactly, in `billing.quota`."""

from typing import cast

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.limits import RouteLimit
from accounts.models import User
from billing.entitlements import tier_of


class SendLimit(RouteLimit):
    """`Tier.sends_per_minute` of one user, in all rooms together; what makes the model answer anew counts as well."""

    def group(self, view: APIView) -> str:
        """Return one name for all the views."""
        return type(self).__name__

    def key(self, request: Request) -> str:
        """Return the user's id."""
        return str(request.user.pk)

    def per_minute(self, request: Request) -> int:
        """Return the tier's limit."""
        return tier_of(user_id=cast(User, request.user).pk).sends_per_minute


class SearchLimit(RouteLimit):
    """Searches of one user."""

    def key(self, request: Request) -> str:
        """Return the user's id."""
        return str(request.user.pk)

    def per_minute(self, request: Request) -> int:
        """Return how many: more than a person types."""
        return 60
