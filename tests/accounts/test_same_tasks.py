"""The tasks that a request publishes, and so their delay, do not reveal whether a number has an account."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from config.celery import app
from tests.accounts.conftest import PASSWORD
from tests.accounts.open_routes import REQUESTS
from tests.doubles.twilio import TwilioDouble

SENDING = {"send-otp", "forgot-password"}


@pytest.mark.parametrize("route", REQUESTS)
def test_known_and_unknown_numbers_publish_the_same_tasks(
    client: Any,
    new_number: Callable[[], str],
    twilio: TwilioDouble,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    route: str,
) -> None:
    published: list[tuple[str, int]] = []
    monkeypatch.setattr(app, "send_task", lambda name, args=(), **_: published.append((name, len(args))))

    def tasks_of(number: str) -> list[tuple[str, int]]:
        published.clear()
        with django_capture_on_commit_callbacks(execute=True):
            client.send(f"/auth/{route}", mobile_number=number, **REQUESTS[route])
        return list(published)

    unknown, known = new_number(), new_number()
    User.objects.create_user(known, PASSWORD)
    expected = [("accounts.tasks.send_code", 1)] if route in SENDING else []
    assert [tasks_of(unknown), tasks_of(known)] == [expected, expected]
    assert twilio.calls() == 0, "a request waits for no provider"
