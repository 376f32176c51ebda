"""A signed-in user, steps of an erasure that can fail, and what the database holds about a user."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from accounts.personal_data import ErasureStep, Phase, registry

ADDRESS = "192.0.2.1"


class Step:
    """Records when it ran, and fails as often as `failures` says."""

    def __init__(self, ran: list[str], name: str) -> None:
        self.ran, self.name, self.failures = ran, name, 0

    def __call__(self, *, user_id: int) -> None:
        self.ran.append(self.name)
        if self.failures:
            self.failures -= 1
            raise ValidationError("the text of a message")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The published tasks, which no worker gets."""
    tasks: list[tuple[str, int]] = []
    for module in ("accounts.personal_data.erasure", "accounts.tasks"):
        monkeypatch.setattr(f"{module}.publish", lambda task, user_id: tasks.append((task, user_id)) or True)
    return tasks


@pytest.fixture
def ran() -> list[str]:
    """The names of the steps that ran."""
    return []


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, ran: list[str]) -> dict[Phase, Step]:
    """A step for the test in every phase, registered in reverse order."""
    monkeypatch.setattr(registry, "erasure_steps", list(registry.erasure_steps))
    own = {phase: Step(ran, phase.name) for phase in reversed(Phase)}
    for phase, step in own.items():
        registry.register(erase=[ErasureStep(phase, phase.name, step)])
    return own


@pytest.fixture
def alice(sign_in: Callable[..., Any], number: str, published: list[Any]) -> User:
    """A user with an id so long that its digits occur in no other row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('accounts_user', 'id'), 7310000000)")
    sign_in(number)
    return User.objects.get(mobile_number=number)


def delete_me(client: Any, token: str) -> Any:
    return client.delete("/user/me", HTTP_AUTHORIZATION=f"Bearer {token}")


def make_due(user: User) -> None:
    User.objects.filter(pk=user.pk).update(erase_next_attempt_at=Now())


def seconds_to_next_attempt(user: User) -> float:
    wait = User.objects.annotate(wait=F("erase_next_attempt_at") - Now()).values_list("wait", flat=True).get(pk=user.pk)
    return float(wait.total_seconds())


def belongings(user: User) -> str:
    """The rows of all tables that contain the id or the phone number of the user."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY 1")
        found = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            names = (str(user.pk), user.mobile_number)
            found += [f"{table} {row}" for (row,) in cursor.fetchall() if any(name in row for name in names)]
    return "\n".join(sorted(found))
