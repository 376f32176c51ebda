"""How Stripe is asked: one client with our limits, and its failures as ours. What it is asked, `stripe_api` says."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, ParamSpec, TypeVar

import stripe
import structlog
from django.conf import settings

from billing.exceptions import NotForSale, PaymentProviderAway, PaymentProviderRefused
from config.infrastructure.circuit_breaker import breaker_of

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

OVERLOADED: Final = frozenset({429, 502, 503, 504})
"""Statuses by which Stripe says that it can do nothing for anybody. A 500 is about the one call."""


class NotThere(PaymentProviderRefused):
    """Stripe knows no such object, at least not under our key."""


class CreateFailed(Exception):
    """Stripe answered with an error to a create, and may repeat it under the same idempotency key for 24 hours.

    It saves the first answer to a key, errors included (docs.stripe.com/api/idempotent_requests), so the next try needs
    another key.

    Attributes:
        problem: what to tell the user.
        is_replay: whether this was no more than such a repeat, so that another key may well work.
    """

    def __init__(self, problem: PaymentProviderAway | PaymentProviderRefused, *, is_replay: bool) -> None:
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
    """Give the SDK's own default client, which dj-stripe uses, our limits; without them a call may take 80 s thrice."""
    stripe.api_version = settings.STRIPE_API_VERSION
    stripe.default_http_client = stripe.new_default_http_client(timeout=settings.STRIPE_TIMEOUT)
    stripe.max_network_retries = 1


def call(method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Make one call.

    Raises:
        NotThere: the object does not exist.
        PaymentProviderAway: no answer, too many requests, or an error on Stripe's side; it may be repeated.
        PaymentProviderRefused: Stripe understood and refuses; repeating does not help.
    """
    breaker = breaker_of("stripe")
    if not breaker.allows():
        raise PaymentProviderAway(retry_after=2)
    try:
        answer = method(*args, **kwargs)
    except stripe.StripeError as error:
        if _is_outage(error):
            breaker.failed()
        else:
            breaker.succeeded()
        if error.code == "resource_missing":
            log.info("stripe_knows_no_such_object", stripe_request=error.request_id)
            raise NotThere from error
        log.warning("stripe_call_failed", cause=type(error).__name__, code=error.code, stripe_request=error.request_id)
        if _is_away(error):
            raise PaymentProviderAway(retry_after=5) from error
        raise PaymentProviderRefused from error
    breaker.succeeded()
    return answer


def create(method: Callable[..., Any], *, params: dict[str, Any], key: str) -> Any:
    """Create something under an idempotency key; a repeat gets what the first call made.

    Raises:
        CreateFailed: Stripe answered with an error, and may go on doing so under this key.
        PaymentProviderAway: no answer came; the key must stay, since it leads to what may have been made.
    """
    try:
        return call(method, params=params, options={"idempotency_key": key})
    except (PaymentProviderAway, PaymentProviderRefused) as problem:
        error = problem.__cause__
        if isinstance(error, stripe.StripeError) and error.http_status not in (None, 409):
            # With other settings than the first time, the same key does not fit any more.
            is_stale = _is_replay(error) or isinstance(error, stripe.IdempotencyError)
            raise CreateFailed(problem, is_replay=is_stale) from error
        raise


def _is_away(error: stripe.StripeError) -> bool:
    if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
        return True
    return (error.http_status or 500) >= 500 or error.http_status == 409  # 409: the same key is being worked on


def _is_outage(error: stripe.StripeError) -> bool:
    """Whether others should not even try for a while; a repeated answer says nothing about Stripe's state."""
    if isinstance(error, stripe.APIConnectionError):
        return True
    return error.http_status in OVERLOADED and not _is_replay(error)


def concerns_price(problem: PaymentProviderRefused) -> bool:
    """Whether it is the price that Stripe refuses: one that was archived, say."""
    error = problem.__cause__
    return isinstance(error, stripe.InvalidRequestError) and str(error.param).startswith("line_items")


def _is_replay(error: stripe.StripeError) -> bool:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    return str(headers.get("idempotent-replayed", "")).lower() == "true"
