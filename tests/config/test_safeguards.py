"""Safeguards that no other test covers: each of these tests fails without its safeguard."""

import json
import os
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import URLPattern, get_resolver

from accounts import sessions, tokens
from accounts.models import Session, User
from config import celery
from config.infrastructure import circuit_breaker
from tests.servers import ROOT


@pytest.fixture
def client(db: None) -> Client:
    user = User.objects.create_user("+919812300011")
    pair = tokens.pair_of(sessions.start(user=user, method=Session.Method.CODE, user_agent=""))
    return Client(headers={"Authorization": f"Bearer {pair.access}"})


@pytest.mark.django_db(transaction=True)  # the end of a response closes the connection
def test_an_account_is_exported_a_few_times_a_minute(client: Client) -> None:
    statuses = []
    for _ in range(7):
        response = client.get("/user/me/export")
        if response.streaming:
            b"".join(response.streaming_content)
        response.close()
        statuses.append(response.status_code)
    assert statuses == [200] * 6 + [429]


@override_settings(
    SECURE_HSTS_SECONDS=1_000, SECURE_HSTS_INCLUDE_SUBDOMAINS=True, SECURE_HSTS_PRELOAD=True, METRICS_TOKEN="a-token"
)
@pytest.mark.parametrize("path", ["/tiers", "/livez", "/readyz", "/metrics"])
def test_responses_require_https(db: None, path: str) -> None:
    response = Client().get(path, secure=True)
    assert response["Strict-Transport-Security"] == "max-age=1000; includeSubDomains; preload"
    assert "Strict-Transport-Security" not in Client().get(path).headers, "RFC 6797, 7.2"


def test_no_response_of_the_api_may_be_cached(client: Client) -> None:
    routes = [
        "/" + str(entry.pattern).replace("<int:room_id>", "1").replace("<int:message_id>", "1")
        for entry in get_resolver().url_patterns
        if isinstance(entry, URLPattern) and "<uuid:" not in str(entry.pattern)
    ]
    kept = [path for path in routes if client.get(path).headers.get("Cache-Control") != "no-store"]
    assert kept == []


def production(**more: str) -> dict[str, Any]:
    """Some settings of a process in production."""
    code = (
        "import json; from django.conf import settings as s; o = s.DATABASES['default']['OPTIONS']; "
        "print(json.dumps({'pool': o['pool']['timeout'], 'hsts': s.SECURE_HSTS_SECONDS, 'middleware': s.MIDDLEWARE, "
        "'secure': s.SESSION_COOKIE_SECURE, 'redirect': s.SECURE_SSL_REDIRECT, 'samesite': s.SESSION_COOKIE_SAMESITE}))"
    )
    given = {
        **os.environ,
        "DEBUG": "false",
        "ALLOWED_HOSTS": "chat.example",
        "WEB_ORIGIN": "https://chat.example",
        "GEMINI_CLIENT": "stand-in",
        "SMS_DELIVERY": "response",
        "SHOW_CODES_TO_ANYONE": "true",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        **more,
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_production_settings_are_strict() -> None:
    strict = production()
    assert strict["pool"] == 2, "a request that finds no connection is refused, not queued"
    assert (strict["hsts"], strict["secure"], strict["redirect"]) == (63_072_000, True, True)
    assert strict["samesite"] == "Strict"
    assert "django.middleware.security.SecurityMiddleware" in strict["middleware"]


def test_a_publisher_gives_up_on_a_redis_that_never_responds(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The publisher must close the connection: with Celery's defaults it would wait for minutes."""
    monkeypatch.setattr(circuit_breaker, "_breakers", {})
    hung_up = threading.Event()

    with socket.create_server(("127.0.0.1", 0)) as frozen:

        def accept() -> None:
            held, _ = frozen.accept()
            with held:
                while held.recv(1024):
                    pass
            hung_up.set()

        threading.Thread(target=accept, daemon=True).start()
        url = f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"
        settings.REDIS_URL = url
        with celery.app.connection_for_write(url=url) as connection, pytest.raises(Exception, match=r"[Tt]ime"):
            celery.app.send_task("unknown.task", connection=connection)
        connection.release()
        assert hung_up.wait(280)
