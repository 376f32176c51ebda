"""Sending one delivery: claim it, POST it outside any transaction, record how that went.

A claim is a lease that is longer than an attempt can take. A sender that is killed leaves it to run out, and another
sends the delivery again, with the same id. `claims` fences: whoever lost the lease records nothing.
"""

import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog
from django.db import connection, transaction
from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Coalesce, Now

from accounts.models import DisabledReason, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoints, schedule, secret_text, signing, transport
from accounts.webhooks.transport import Outcome
from config.http.problems import InternalError
from config.observability import metrics

log = structlog.get_logger(__name__)

LEASE: Final = timedelta(seconds=transport.DEADLINE + 15)
MOST_IN_FLIGHT: Final = 4
"""Requests to one endpoint at a time; one while it keeps failing, or is not known to be prompt."""

MOST_OF_USER: Final = 8
"""Requests to all endpoints of a user at a time, so that one user cannot have all senders wait. Senders that claim in
the same moment may exceed it by one each."""

PROMPT: Final = timedelta(seconds=2)
"""A receiver that has not answered after so long is slow. It still may take `transport.DEADLINE`."""

PROVEN_AFTER: Final = timedelta(minutes=10)
"""An endpoint is known to be prompt when it has been for so long. Whoever only seems prompt, to have senders wait then,
can do so once in this time; a new endpoint, which costs nothing to make, cannot."""

USER_AGENT: Final = "Kuvaka-Webhooks/1.0"

IS_PROMPT: Final = "prompt_since <= statement_timestamp() - make_interval(secs => %(proven_after)s)"

PICK: Final = f"""
    SELECT id, most FROM accounts_webhookendpoint AS endpoint
    CROSS JOIN LATERAL (
        SELECT CASE WHEN failures < %(failures)s AND {IS_PROMPT} THEN %(most)s ELSE 1 END AS most
    ) AS bound
    WHERE disabled_at IS NULL AND (paused_until IS NULL OR paused_until <= statement_timestamp())
      AND (%(to_slow)s OR {IS_PROMPT})
      AND EXISTS (
          SELECT FROM accounts_webhookdelivery
          WHERE endpoint_id = endpoint.id AND status = 'pending' AND next_attempt_at <= statement_timestamp()
      )
      AND (
          SELECT count(*) FROM accounts_webhookdelivery
          WHERE endpoint_id = endpoint.id AND status = 'pending' AND lease_until > statement_timestamp()
      ) < most
      AND (
          SELECT count(*) FROM accounts_webhookdelivery JOIN accounts_webhookendpoint AS mine ON mine.id = endpoint_id
          WHERE mine.user_id = endpoint.user_id AND status = 'pending' AND lease_until > statement_timestamp()
      ) < %(most_of_user)s
    ORDER BY last_attempt_at NULLS FIRST, id LIMIT 1
    FOR NO KEY UPDATE OF endpoint SKIP LOCKED
"""  # noqa: S608  of a constant
"""The endpoint that has waited longest, so that one with many deliveries delays no other."""

Pending = WebhookDelivery.Status.PENDING


def send_next() -> bool:
    """Send what is due and has waited longest; False if nothing may be sent now. Call it outside any transaction."""
    delivery = claim()
    if delivery is None:
        return False
    record(delivery, attempt(delivery))
    return True


def claim(*, to_slow: bool = True) -> WebhookDelivery | None:
    """Claim a delivery, with its endpoint. The endpoint's lock makes the number of its requests exact.

    Args:
        to_slow: also to an endpoint that is not known to be prompt.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            most = {"most": MOST_IN_FLIGHT, "most_of_user": MOST_OF_USER, "failures": schedule.FAILURES_THAT_PAUSE}
            cursor.execute(PICK, {"to_slow": to_slow, "proven_after": PROVEN_AFTER.total_seconds(), **most})
            row = cursor.fetchone()
        if row is None:
            return None
        pending = WebhookDelivery.objects.filter(endpoint_id=row[0], status=Pending)
        due = pending.filter(next_attempt_at__lte=Now()).order_by("next_attempt_at", "pk")
        still = Case(When(previous_until__gt=Now(), then=F("previous_sealed_secret")), default=Value(None))
        prompt = ExpressionWrapper(Q(prompt_since__lte=Now() - PROVEN_AFTER), output_field=BooleanField())
        endpoint = WebhookEndpoint.objects.annotate(still_signs=still, is_prompt=prompt).get(pk=row[0])
        if pending.filter(lease_until__gt=Now()).count() >= row[1]:
            return None  # another sender took the place since the endpoint was picked
        delivery = due.first()
        if delivery is None:
            return None
        due.order_by().filter(pk=delivery.pk).update(
            claims=F("claims") + 1, lease_until=Now() + LEASE, next_attempt_at=Now() + LEASE
        )
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(last_attempt_at=Now())
        delivery.claims += 1
        delivery.endpoint = endpoint
    return delivery


def is_prompt(endpoint: WebhookEndpoint) -> bool:
    """Whether the endpoint of a delivery was known to be prompt when that was claimed."""
    return bool(getattr(endpoint, "is_prompt"))  # noqa: B009  an annotation


def attempt(delivery: WebhookDelivery) -> Outcome:
    """POST a delivery that was claimed. Whatever goes wrong is a failed attempt: one without an end is repeated."""
    begun = time.monotonic()
    try:
        outcome = _attempt(delivery)
    except Exception:
        log.exception("webhook_attempt_broke_off", delivery_id=delivery.pk)
        outcome = Outcome(error=InternalError.code)
    return replace(outcome, seconds=time.monotonic() - begun)


def _attempt(delivery: WebhookDelivery) -> Outcome:
    endpoint = delivery.endpoint
    try:
        secrets = _secrets(endpoint)
    except secret_text.Unreadable:
        return Outcome(error="secret_unreadable")
    body = signing.payload(delivery)
    signed = signing.headers(message_id=delivery.message_id, timestamp=int(time.time()), body=body, secrets=secrets)
    headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT, "Connection": "close", **signed}
    return transport.post(endpoint.url, body=body, headers=headers)


def record(delivery: WebhookDelivery, outcome: Outcome) -> None:
    """Write how an attempt went: end the delivery, or plan its next attempt; and what that says of its endpoint."""
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=delivery.endpoint_id).first()
        mine = WebhookDelivery.objects.filter(pk=delivery.pk, claims=delivery.claims, status=Pending)
        result = _record(delivery, endpoint, outcome) if endpoint is not None and mine.exists() else "fenced"
    metrics.webhook_deliveries.labels(result).inc()
    log.info("webhook_attempt", delivery_id=delivery.pk, result=result, status=outcome.status_code, error=outcome.error)


def _record(delivery: WebhookDelivery, endpoint: WebhookEndpoint, outcome: Outcome) -> str:
    """In the transaction that holds the endpoint's lock."""
    this, attempts = WebhookDelivery.objects.filter(pk=delivery.pk), delivery.attempts + 1
    this.update(
        attempts=attempts,
        lease_until=None,
        last_attempt_at=Now(),
        last_status_code=outcome.status_code,
        last_error=outcome.error,
    )
    ended = {"next_attempt_at": None, "ended_at": Now()}
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        prompt_since=Coalesce("prompt_since", Now()) if outcome.seconds <= PROMPT.total_seconds() else None,
        **({"failing_since": None, "failures": 0, "paused_until": None} if outcome.is_delivered else {}),
    )
    if outcome.is_delivered:
        this.update(status=WebhookDelivery.Status.DELIVERED, **ended)
        return "delivered"
    pause = schedule.pause_after(attempts=attempts, retry_after=outcome.retry_after)
    if pause is None:
        this.update(status=WebhookDelivery.Status.FAILED, **ended)
    else:
        this.update(next_attempt_at=Now() + pause)
    _count_failure(endpoint, outcome)
    return "failed" if pause is None else "retried"


def _count_failure(endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    failures = endpoint.failures + 1
    pause = schedule.breaker_pause(failures=failures, retry_after=outcome.retry_after)
    this = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    this.update(
        failures=failures,
        failing_since=Coalesce("failing_since", Now()),
        paused_until=None if pause is None else Now() + pause,
    )
    if outcome.status_code == 410:
        endpoints.disable(endpoint_id=endpoint.pk, reason=DisabledReason.GONE)
    elif this.filter(failing_since__lte=Now() - schedule.FAILING_FOR).exists():
        endpoints.disable(endpoint_id=endpoint.pk, reason=DisabledReason.FAILING)


def _secrets(endpoint: WebhookEndpoint) -> list[bytes]:
    """The secrets that sign, the current one first. Of the former one, the database's clock decided at the claim.

    Raises:
        secret_text.Unreadable: the current one cannot be read.
    """
    secrets = [secret_text.unseal(bytes(endpoint.sealed_secret), endpoint_id=endpoint.pk)]
    former: bytes | None = getattr(endpoint, "still_signs")  # noqa: B009  an annotation
    if former is not None:
        with suppress(secret_text.Unreadable):
            secrets.append(secret_text.unseal(bytes(former), endpoint_id=endpoint.pk))
    return secrets
