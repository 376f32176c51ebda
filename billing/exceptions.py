"""Errors of quota and payments."""

from http import HTTPStatus
from typing import Final

from config.http.problems import NotFound, Problem, ServiceUnavailable


class QuotaExceeded(Problem):
    """The day's units are used up; nothing was stored."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "quota_exceeded"
    title = "Your messages for today are used up"


class ServiceBudgetReached(ServiceUnavailable):
    """The installation has used up the day's tokens; nothing was stored or charged."""

    code = "service_budget_reached"
    title = "The service has used up its tokens for today"
    detail = "You can read; you can send again from midnight UTC."


class TokenShareReached(Problem):
    """The user's share of the day's tokens is used up; nothing was stored or charged."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "token_share_reached"
    title = "Your share of today's tokens is used up"
    detail = "You can read; you can send again from midnight UTC."


TOKENS_USED_UP: Final = (ServiceBudgetReached, TokenShareReached)
"""The errors that `budget.check` raises."""


class AlreadySubscribed(Problem):
    """The user has a subscription, which is changed in the portal."""

    status = HTTPStatus.CONFLICT
    code = "already_subscribed"
    title = "You already have a subscription"
    detail = "POST /subscription/portal returns the page where you can change it."


class CheckoutInProgress(Problem):
    """Another request of the user is opening a checkout at this moment."""

    status = HTTPStatus.CONFLICT
    code = "checkout_in_progress"
    title = "A checkout is being opened"
    detail = "Try again in a moment."


class NotForSale(ServiceUnavailable):
    """The installation has no payment provider, or Pro has no price there."""

    code = "not_for_sale"
    title = "Pro cannot be bought here at the moment"


class NoSubscription(NotFound):
    """The user has never subscribed, so there is nothing to manage."""

    code = "no_subscription"
    title = "You have no subscription"
    detail = "POST /subscribe/pro starts one."


class PaymentProviderUnavailable(ServiceUnavailable):
    """Stripe does not respond, or is overloaded."""

    code = "payment_provider_away"
    title = "The payment provider is unavailable"
    detail = "Nothing was charged; try again in a moment."


class PaymentProviderRefused(Problem):
    """Stripe refuses our request: our mistake, or a wrong key."""

    status = HTTPStatus.BAD_GATEWAY
    code = "payment_provider_refused"
    title = "The payment provider refused the request"
    detail = "Nothing was charged. The reason is in our logs, under the request id."


class InvalidSignature(Problem):
    """The webhook's body is not signed by Stripe, was changed, or is old."""

    code = "invalid_signature"
    title = "The signature does not match the body"
    detail = "Nothing was stored."
