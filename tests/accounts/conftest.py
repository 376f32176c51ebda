"""Phone numbers, a client that signs in with them, and a clock that tests can move."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import models
from django.db.models import F
from rest_framework.test import APIClient

from accounts.models import FailedAttempts, IdempotencyKey, OneTimeCode, Session
from tests import factories
from tests.accounts.hashing import quick_hashing, real_hashing
from tests.accounts.twilio_fixtures import twilio, twilio_process

__all__ = ["quick_hashing", "real_hashing", "twilio", "twilio_process"]

PASSWORD = "seven small elephants"
OTHER_PASSWORD = "eleven green umbrellas"


class Client(APIClient):
    """A client of the API, signed in or not."""

    def send(self, path: str, token: str | None = None, **body: Any) -> Any:
        return self.post(path, body, format="json", **_authorization(token))

    def ask(self, path: str, token: str | None = None) -> Any:
        return self.get(path, **_authorization(token))


def _authorization(token: str | None) -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}


@pytest.fixture
def client(db: None, settings: Any) -> Client:
    settings.AUTH_REQUESTS_PER_MINUTE = 100_000
    return Client()


@pytest.fixture
def new_number() -> Callable[[], str]:
    return factories.phone_number


@pytest.fixture
def number(new_number: Callable[[], str]) -> str:
    return new_number()


@pytest.fixture
def pass_time(db: None) -> Callable[[float], None]:
    """Let seconds pass, by moving every moment that the database knows into the past."""

    def move(seconds: float) -> None:
        for model in (OneTimeCode, Session, FailedAttempts, IdempotencyKey):
            moments = [field.name for field in model._meta.fields if isinstance(field, models.DateTimeField)]
            model._default_manager.update(**{name: F(name) - timedelta(seconds=seconds) for name in moments})
        for session in Session.objects.exclude(replaced_at=None):
            earlier = [moment - timedelta(seconds=seconds) for moment in session.replaced_at]
            Session.objects.filter(pk=session.pk).update(replaced_at=earlier)

    return move


@pytest.fixture
def code_for(client: Client, pass_time: Callable[[float], None]) -> Callable[..., str]:
    """Request a code and return its digits, even if the last one was requested a moment ago."""

    def ask(number: str, path: str = "/auth/send-otp") -> str:
        pass_time(61)
        response = client.send(path, mobile_number=number)
        assert response.status_code == 200, response.content
        return str(response.json()["otp"])

    return ask


@pytest.fixture
def sign_in(client: Client, code_for: Callable[..., str]) -> Callable[..., dict[str, Any]]:
    """Sign in by code on a new device and return the tokens."""

    def enter(number: str, **more: Any) -> dict[str, Any]:
        response = client.send("/auth/verify-otp", mobile_number=number, otp=code_for(number), **more)
        assert response.status_code == 200, response.content
        return dict(response.json())

    return enter


def change_me(client: Any, token: str, **body: Any) -> Any:
    return client.patch("/user/me", body, format="json", HTTP_AUTHORIZATION=f"Bearer {token}")


def wrong(digits: str) -> str:
    """Six digits that are not these."""
    return f"{(int(digits) + 1) % 10**6:06}"


def problem(response: Any) -> tuple[int, str]:
    """The status and code of an error."""
    assert response["Content-Type"] == "application/problem+json", response.content
    return response.status_code, response.json()["code"]


def field_codes(response: Any) -> set[tuple[str, str]]:
    """Which field failed which check."""
    assert problem(response) == (400, "invalid_input")
    return {(error["field"], error["code"]) for error in response.json()["errors"]}
