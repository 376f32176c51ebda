"""Users for tests."""

import itertools
from typing import Any

from accounts.models import User

_subscribers = itertools.count(10_000_000)


def phone_number() -> str:
    """An Indian mobile number, in E.164, that no other test has."""
    return f"+9198{next(_subscribers)}"


def make_user(password: str | None = None, **fields: Any) -> User:
    """A user with a unique phone number."""
    return User.objects.create_user(phone_number(), password, **fields)
