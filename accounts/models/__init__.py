"""Users, their sessions, codes, API keys and webhooks, and the records of staff."""

from accounts.models.api_keys import ApiKey, Scope
from accounts.models.codes import FailedAttempts, OneTimeCode, Purpose
from accounts.models.sessions import IdempotencyKey, Session
from accounts.models.staff import DailyStatistic, StaffAction, in_words
from accounts.models.users import User, UserManager
from accounts.models.webhooks import DisabledReason, EventType, WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiKey",
    "DailyStatistic",
    "DisabledReason",
    "EventType",
    "FailedAttempts",
    "IdempotencyKey",
    "OneTimeCode",
    "Purpose",
    "Scope",
    "Session",
    "StaffAction",
    "User",
    "UserManager",
    "WebhookDelivery",
    "WebhookEndpoint",
    "in_words",
]
