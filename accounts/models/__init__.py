"""Users, their sessions and codes, and the records of staff."""

from accounts.models.codes import FailedAttempts, OneTimeCode, Purpose
from accounts.models.sessions import IdempotencyKey, Session
from accounts.models.staff import DailyStatistic, StaffAction, in_words
from accounts.models.users import User, UserManager

__all__ = [
    "DailyStatistic",
    "FailedAttempts",
    "IdempotencyKey",
    "OneTimeCode",
    "Purpose",
    "Session",
    "StaffAction",
    "User",
    "UserManager",
    "in_words",
]
