"""A client of Kuvaka."""

from kuvaka_client.client import Kuvaka, expect
from kuvaka_client.events import (
    Code,
    CodeResult,
    Delta,
    End,
    Event,
    Restart,
    SearchSuggestions,
    Source,
    Thought,
)
from kuvaka_client.problems import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
    TooManyRequests,
    Unavailable,
)
from kuvaka_client.webhooks import ForgedWebhook, verify_webhook

__all__ = [
    "Code",
    "CodeResult",
    "Conflict",
    "Delta",
    "End",
    "Event",
    "ForgedWebhook",
    "InvalidInput",
    "Kuvaka",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "Refused",
    "Restart",
    "SearchSuggestions",
    "Source",
    "Thought",
    "TooManyRequests",
    "Unavailable",
    "expect",
    "verify_webhook",
]
