"""Pages of other origins use the API only where `APP_ORIGINS` names them, and then can read what they need."""

from typing import Any

import pytest
from django.test import Client

HERE = "https://app.example.com"
HOSTILE = (
    "https://evil.example.com", "null", "", "*", "https://*.example.com", "https://example.com", "https://.example.com",
    f"{HERE}.evil.example", f"{HERE}:8443", f"{HERE}:443.evil.example", f"{HERE}, https://evil.example",
    f"{HERE}@evil.example", f"https://evil.example/{HERE}", f"{HERE}%00.evil.example", f"{HERE}_.evil.example",
    "http://app.example.com", "HTTPS://APP.EXAMPLE.COM.EVIL", "https://evilapp.example.com", "file://app.example.com",
    "https://app-example.com", "https://app.example.co", "app.example.com", "https://[::1]",
)  # fmt: skip


@pytest.fixture(autouse=True)
def origins(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = settings.APP_ORIGINS = [HERE]


@pytest.mark.django_db
def test_a_page_that_is_named_may_ask_and_read() -> None:
    asked = {
        "Origin": HERE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "idempotency-key",
    }
    preflight = Client().options("/chatroom/1/message", headers=asked)
    assert (preflight.status_code, preflight["Access-Control-Allow-Origin"]) == (200, HERE)
    assert "Idempotency-Key" in preflight["Access-Control-Allow-Headers"]
    answer = Client().get("/tiers", headers={"Origin": HERE})
    assert answer["Access-Control-Allow-Origin"] == HERE
    assert {"Retry-After", "Link", "X-RateLimit-Remaining"} <= set(answer["Access-Control-Expose-Headers"].split(", "))
    refused = Client().get("/user/me", headers={"Origin": HERE})
    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (401, HERE)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/tiers", "/admin/login/"])
def test_nobody_else_and_nothing_of_the_desk(path: str) -> None:
    for origin in (*HOSTILE, HERE):
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        for answer in (Client().get(path, headers={"Origin": origin}), Client().options(path, headers=asked)):
            allowed = origin == HERE and path == "/tiers"
            assert ("Access-Control-Allow-Origin" in answer) == allowed, origin
            assert "Access-Control-Allow-Credentials" not in answer
