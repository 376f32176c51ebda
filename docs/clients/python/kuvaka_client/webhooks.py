"""The signatures of webhooks, by Standard Webhooks."""

from collections.abc import Iterable, Mapping
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class ForgedWebhook(Exception):
    """A request that none of the secrets has signed, that was changed, or that is older than five minutes."""


def verify_webhook(body: bytes, headers: Mapping[str, str], secrets: str | Iterable[str]) -> dict[str, Any]:
    """The event in the body of a request, as it came. While a secret is rotated, give both.

    An event can come twice: remember the header `webhook-id` of those that you have handled.

    Raises:
        ForgedWebhook: do not believe it; answer with 400.
    """
    for secret in [secrets] if isinstance(secrets, str) else secrets:
        webhook = Webhook(secret)
        try:
            return dict(webhook.verify(body, dict(headers)))
        except (WebhookVerificationError, ValueError):  # ValueError: the headers or the body are malformed
            continue
    raise ForgedWebhook
