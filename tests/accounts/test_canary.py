"""No number, code, token or password reaches a log, Redis or (but for the number) the database in clear."""

import io
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from redis import Redis

from tests.accounts.conftest import OTHER_PASSWORD, PASSWORD, wrong

ADDRESS = "198.51.100.77"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that the process logs, from DEBUG on, as its own handler writes it."""
    [handler] = [
        handler
        for handler in logging.getLogger().handlers
        if handler.formatter and "structlog" in repr(handler.formatter)
    ]
    text = io.StringIO()
    before, level = handler.setStream(text), logging.getLogger().level  # type: ignore[attr-defined]
    logging.getLogger().setLevel(logging.DEBUG)
    yield text
    logging.getLogger().setLevel(level)
    handler.setStream(before)  # type: ignore[attr-defined]


def test_secrets_stay_secret(
    client: Any, new_number: Callable[[], str], pass_time: Callable[[float], None], log: io.StringIO, settings: Any
) -> None:
    settings.SMS_PER_NUMBER_HOUR = settings.SMS_PER_ADDRESS_HOUR = 1_000
    client.defaults["REMOTE_ADDR"] = ADDRESS
    secrets: set[str] = {PASSWORD, OTHER_PASSWORD}
    numbers = [new_number(), new_number()]

    def send(path: str, token: str | None = None, **body: Any) -> dict[str, Any]:
        response = client.send(path, token, **body)
        found = dict(response.json()) if response.content else {}
        secrets.update(
            str(found[name]) for name in ("otp", "new_otp", "access_token", "refresh_token") if name in found
        )
        return found

    old, new = numbers
    send("/auth/signup", mobile_number=old, password=PASSWORD)
    otp = send("/auth/send-otp", mobile_number=old)["otp"]
    send("/auth/verify-otp", mobile_number=old, otp=wrong(otp))
    tokens = send("/auth/verify-otp", mobile_number=old, otp=otp, password=PASSWORD)
    send("/auth/login", mobile_number=old, password=OTHER_PASSWORD)
    send("/auth/login", mobile_number=old, password=PASSWORD)
    tokens = send("/auth/refresh", refresh_token=tokens["refresh_token"])
    send("/auth/change-password", tokens["access_token"], old_password=PASSWORD, new_password=OTHER_PASSWORD)
    pass_time(61)
    reset = send("/auth/forgot-password", mobile_number=old)["otp"]
    pass_time(61)
    codes = send("/auth/change-number", tokens["access_token"], new_mobile_number=new)
    send("/auth/change-number/confirm", tokens["access_token"], otp=codes["otp"], new_otp=codes["new_otp"])
    send("/auth/reset-password", mobile_number=old, otp=reset, new_password=OTHER_PASSWORD)
    send("/auth/logout", refresh_token=tokens["refresh_token"])
    client.get("/user/me", HTTP_AUTHORIZATION=f"Bearer {tokens['access_token'][:-3]}xyz")
    with pytest.raises(RuntimeError):
        _fail_with(settings, client, new)
    assert len(secrets) == 2 + 4 + 3 * 2, "a code or token was not collected"

    logged, stored, cached = log.getvalue(), _database(), _redis(settings.REDIS_URL)
    assert "security.sign_in" in logged
    for where, text in {"the log": logged, "the database": stored, "Redis": cached}.items():
        found = {secret for secret in secrets if re.search(rf"(?<![0-9a-f.]){re.escape(secret)}(?![0-9a-f])", text)}
        assert not found, where
    for number in numbers:
        assert number.removeprefix("+91") not in logged
        assert number.removeprefix("+91") not in cached
    assert ADDRESS not in stored


def _fail_with(settings: Any, client: Any, number: str) -> None:
    """An exception whose message quotes a number, in a view."""
    from unittest import mock

    with mock.patch("accounts.views.otp.request", side_effect=RuntimeError(f"failed for {number}")):
        assert client.send("/auth/send-otp", mobile_number=number).status_code == 500
    raise RuntimeError


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        assert len(tables) >= 40
        rows = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def _redis(url: str) -> str:
    with Redis.from_url(url) as redis:
        return "\n".join(f"{key!r} {redis.dump(key)!r}" for key in redis.scan_iter())
