"""The client for Stripe's API, with our timeouts and our exceptions. `stripe_api` has the calls."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, ParamSpec, TypeVar

import stripe
import structlog
from django.conf import settings

from billing.exceptions import NotForSale, PaymentProviderRefused, PaymentProviderUnavailable
from config.infrastructure import turns
from config.infrastructure.circuit_breaker import breaker_of

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

OVERLOADED: Final = frozenset({429, 502, 503, 504})
"""Statuses that say that Stripe as a whole is unavailable. A 500 concerns the one call."""


class StripeObjectMissing(PaymentProviderRefused):
    """There is no such object at Stripe, at least not for our key."""


class CreateFailed(Exception):
    """Stripe responded to a create with an error, which it may repeat for 24 hours.

    It saves the first response to an idempotency key, errors included (docs.stripe.com/api/idempotent_requests), so the
    next attempt needs another key.

    Attributes:
        problem: the error for the user.
        is_replay: whether Stripe only repeated a saved error, so that another key may work.
    """

    def __init__(self, problem: PaymentProviderUnavailable | PaymentProviderRefused, *, is_replay: bool) -> None:
        super().__init__(problem.code)
        self.problem, self.is_replay = problem, is_replay


@cache
def _client(key: str, host: str, timeout: float) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=settings.STRIPE_API_VERSION,
        base_addresses={"api": host} if host else {},
        http_client=stripe.new_default_http_client(timeout=timeout),
        max_network_retries=1,
    )


def api() -> Any:
    """The client's resources; untyped, since the SDK types parameters as literal dictionaries.

    Raises:
        NotForSale: there is no key.
    """
    if not settings.STRIPE_SECRET_KEY:
        raise NotForSale
    host = getattr(settings, "STRIPE_API_HOST", "")
    return _client(settings.STRIPE_SECRET_KEY, host, settings.STRIPE_TIMEOUT).v1


def configure_sdk() -> None:
    """Set our limits for the SDK's default client, which dj-stripe uses: its own allow three times 80 s per call."""
    stripe.api_version = settings.STRIPE_API_VERSION
    stripe.default_http_client = stripe.new_default_http_client(timeout=settings.STRIPE_TIMEOUT)
    stripe.max_network_retries = 1


def call(method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Make one call.

    Raises:
        StripeObjectMissing: the object does not exist.
        PaymentProviderUnavailable: no response, too many requests, or an error on Stripe's side; it may be repeated.
        PaymentProviderRefused: Stripe refuses the call; repeating it does not help.
    """
    breaker = breaker_of("stripe")
    if not breaker.allows():
        raise PaymentProviderUnavailable(retry_after=2)
    try:
        with turns.let_others_run():
            response = method(*args, **kwargs)
    except stripe.StripeError as error:
        if _is_outage(error):
            breaker.failed()
        else:
            breaker.succeeded()
        if error.code == "resource_missing":
            log.info("stripe_knows_no_such_object", stripe_request=error.request_id)
            raise StripeObjectMissing from error
        log.warning("stripe_call_failed", cause=type(error).__name__, code=error.code, stripe_request=error.request_id)
        if _is_unavailable(error):
            raise PaymentProviderUnavailable(retry_after=5) from error
        raise PaymentProviderRefused from error
    breaker.succeeded()
    return response


def create(method: Callable[..., Any], *, params: dict[str, Any], key: str) -> Any:
    """Create an object under an idempotency key; a repeated call returns the same object.

    Raises:
        CreateFailed: Stripe responded with an error, which it may repeat under this key.
        PaymentProviderUnavailable: there was no response; use the same key again, since the object may exist.
    """
    try:
        return call(method, params=params, options={"idempotency_key": key})
    except (PaymentProviderUnavailable, PaymentProviderRefused) as problem:
        error = problem.__cause__
        if isinstance(error, stripe.StripeError) and error.http_status not in (None, 409):
            # An IdempotencyError says that the parameters differ from the first call's: the settings have changed.
            is_stale = _is_replay(error) or isinstance(error, stripe.IdempotencyError)
            raise CreateFailed(problem, is_replay=is_stale) from error
        raise


def _is_unavailable(error: stripe.StripeError) -> bool:
    if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
        return True
    return (error.http_status or 500) >= 500 or error.http_status == 409  # 409: a call with the same key is in progress


def _is_outage(error: stripe.StripeError) -> bool:
    """Whether the breaker should count the error. A repeated response says nothing about Stripe's state."""
    if isinstance(error, stripe.APIConnectionError):
        return True
    return error.http_status in OVERLOADED and not _is_replay(error)


def concerns_price(problem: PaymentProviderRefused) -> bool:
    """Whether Stripe refuses the price, for example because it was archived."""
    error = problem.__cause__
    return isinstance(error, stripe.InvalidRequestError) and str(error.param).startswith("line_items")


def _is_replay(error: stripe.StripeError) -> bool:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    return str(headers.get("idempotent-replayed", "")).lower() == "true"
