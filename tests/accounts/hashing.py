"""Passwords whose hashing takes no time: a tenth of a second each, in tests that are not about it."""

from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.auth.hashers import Argon2PasswordHasher

REAL = tuple(project.PASSWORD_HASHERS)


class QuickArgon2(Argon2PasswordHasher):
    """The real thing with next to no work."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1


@pytest.fixture(autouse=True)
def quick_hashing(settings: Any) -> None:
    """Hash quickly; `real_hashing` does as the project does."""
    settings.PASSWORD_HASHERS = [f"{__name__}.{QuickArgon2.__name__}"]


@pytest.fixture
def real_hashing(settings: Any, quick_hashing: None) -> None:
    """Hash as the project does."""
    settings.PASSWORD_HASHERS = list(REAL)
