"""`POST /webhook/stripe`: verify the event, record it, respond. Everything else happens later.

dj-stripe's own view is not used: it stores unverified events, and with DEBUG takes the secret from a header.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import stripe
import structlog
from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import audit
from billing import events
from billing.exceptions import InvalidSignature
from config.celery import publish
from config.http.parsers import refuse_encoding
from config.http.problems import BadRequestProblem, PayloadTooLarge
from config.observability import metrics

log = structlog.get_logger(__name__)

LIMIT: Final = 512 * 1024
"""Bytes; Stripe's events have a few thousand."""

EXAMPLE: Final = {
    "id": "evt_1",
    "object": "event",
    "type": "customer.subscription.updated",
    "livemode": False,
    "data": {"object": {"id": "sub_1", "object": "subscription", "customer": "cus_1"}},
}


class StripeWebhookView(APIView):
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        summary="Receive an event from Stripe",
        request=OpenApiTypes.OBJECT,
        responses={200: inline_serializer("WebhookTaken", {"status": serializers.CharField()})},
        examples=[
            OpenApiExample("Event", EXAMPLE, request_only=True),
            OpenApiExample("Taken", {"status": "success"}, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """For Stripe only: the header Stripe-Signature must match the raw body and one of our secrets."""
        refuse_encoding(request.headers.get("Content-Encoding", ""))
        body: bytes = request._request.read(LIMIT + 1)  # noqa: SLF001  the raw body, before any parser
        if len(body) > LIMIT:
            raise PayloadTooLarge(f"At most {LIMIT} bytes.")
        if not is_signed(body, request.headers.get("Stripe-Signature", "")):
            audit.record("webhook_refused")
            metrics.webhooks.labels("refused").inc()
            raise InvalidSignature
        event = _read(body)
        metrics.webhooks.labels(_accept(event) if event else "ignored").inc()
        return Response({"status": "success"})


def _accept(event: Mapping[str, Any]) -> str:
    """Record an event that is new and in our mode; the outcome, as the metric names it."""
    if bool(event.get("livemode")) != settings.STRIPE_LIVE_MODE:
        log.warning("stripe_event_of_other_mode", type=str(event["type"])[:80])
        return "other_mode"
    row = events.record(event)
    if row is None:
        return "repeated"
    publish(events.PROCESS, row.pk)
    return "taken"


def is_signed(body: bytes, header: str) -> bool:
    """Whether one of our secrets signed this body less than five minutes ago; an empty secret signs nothing."""
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            stripe.WebhookSignature.verify_header(body, header, secret.strip(), stripe.Webhook.DEFAULT_TOLERANCE)
        except (stripe.SignatureVerificationError, ValueError, TypeError):
            continue  # ValueError: the body is not UTF-8; TypeError: the signature is not ASCII
        return True
    return False


def _read(body: bytes) -> Mapping[str, Any] | None:
    """The event; None for a "thin" event of API v2, which we do not use and which Stripe need not repeat.

    Raises:
        BadRequestProblem: the body is signed, but it is not an event that we can read.
    """
    try:
        event = json.loads(body)
        if event["object"] == "v2.core.event":
            return None
        is_named = all(event[name] and isinstance(event[name], str) for name in ("id", "type"))
        if is_named and event["object"] == "event" and isinstance(event["data"]["object"], dict):
            return dict(event)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise BadRequestProblem("Not an event.")
