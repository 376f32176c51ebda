"""What is sent, and its signature by Standard Webhooks 1.0."""

import base64
import hmac
import json
from collections.abc import Iterable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from accounts.models import WebhookDelivery


def payload(delivery: WebhookDelivery) -> bytes:
    """The body of a delivery, the same bytes in every attempt."""
    content: dict[str, Any] = {
        "type": delivery.event_type,
        "timestamp": delivery.occurred_at,
        "data": delivery.data,
    }
    return json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()


def headers(*, message_id: str, timestamp: int, body: bytes, secrets: Iterable[bytes]) -> dict[str, str]:
    """The headers that verify a body: one signature (HMAC-SHA256) for each secret.

    Args:
        message_id: the same in every attempt.
        timestamp: of the attempt, in seconds since 1970.
        body: as it is sent.
        secrets: that sign, the current one first.
    """
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    digests = (hmac.digest(secret, signed, "sha256") for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests),
    }
