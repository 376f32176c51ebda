"""What can go wrong with allowances and payments."""

from http import HTTPStatus
from typing import Final

from config.http.problems import NotFound, Problem, ServiceUnavailable


class QuotaExceeded(Problem):
    """The day's units are spent; nothing was stored."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "quota_exceeded"
    title = "Your messages for today are used up"


class ServiceBudgetReached(ServiceUnavailable):
    """All of us together used the day's tokens; nothing was stored or charged."""

    code = "service_budget_reached"
    title = "The service has used up its tokens for today"
    detail = "Reading works; sending does again at midnight UTC."


class TokenShareReached(Problem):
    """The user's part of the day's tokens is spent; nothing was stored or charged."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "token_share_reached"
    title = "Your part of today's tokens is used up"
    detail = "Reading works; sending does again at midnight UTC."


TOKENS_USED_UP: Final = (ServiceBudgetReached, TokenShareReached)
"""What `budget.check` raises."""


class AlreadySubscribed(Problem):
    """There is a subscription; it is changed in the portal."""

    status = HTTPStatus.CONFLICT
    code = "already_subscribed"
    title = "You have a subscription"
    detail = "POST /subscription/portal leads to the page where it is changed."


class CheckoutInProgress(Problem):
    """Another request of the same user is opening a checkout at this moment."""

    status = HTTPStatus.CONFLICT
    code = "checkout_in_progress"
    title = "A checkout is being opened"
    detail = "Ask again in a moment."


class NotForSale(ServiceUnavailable):
    """The installation has no payment provider, or Pro has no price there yet."""

    code = "not_for_sale"
    title = "Pro cannot be bought here at the moment"


class NoSubscription(NotFound):
    """The user never began to subscribe, so there is nothing to manage."""

    code = "no_subscription"
    title = "You have no subscription"
    detail = "POST /subscribe/pro begins one."


class PaymentProviderAway(ServiceUnavailable):
    """Stripe does not answer, or says that it is overloaded."""

    code = "payment_provider_away"
    title = "The payment provider does not answer"
    detail = "Nothing was charged; try again in a moment."


class PaymentProviderRefused(Problem):
    """Stripe refuses what we ask: our mistake, or a key that is wrong."""

    status = HTTPStatus.BAD_GATEWAY
    code = "payment_provider_refused"
    title = "The payment provider refused"
    detail = "Nothing was charged. The request id finds the reason in our logs."


class InvalidSignature(Problem):
    """The webhook's body is not signed by Stripe, or was changed, or is old."""

    code = "invalid_signature"
    title = "The signature does not fit the body"
    detail = "Nothing was stored."
