"""Users, their sessions, codes and API keys, and the records of staff."""

from accounts.models.api_keys import ApiKey, Scope
from accounts.models.codes import FailedAttempts, OneTimeCode, Purpose
from accounts.models.sessions import IdempotencyKey, Session
from accounts.models.staff import DailyStatistic, StaffAction, in_words
from accounts.models.users import User, UserManager

__all__ = [
    "ApiKey",
    "DailyStatistic",
    "FailedAttempts",
    "IdempotencyKey",
    "OneTimeCode",
    "Purpose",
    "Scope",
    "Session",
    "StaffAction",
    "User",
    "UserManager",
    "in_words",
]
