"""Only pages of the origins in `APP_ORIGINS` can use the API; they can read the headers that they need."""

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
def test_a_listed_origin_may_send_and_read() -> None:
    asked = {
        "Origin": HERE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "idempotency-key",
    }
    preflight = Client().options("/chatroom/1/message", headers=asked)
    assert (preflight.status_code, preflight["Access-Control-Allow-Origin"]) == (200, HERE)
    assert "Idempotency-Key" in preflight["Access-Control-Allow-Headers"]
    response = Client().get("/tiers", headers={"Origin": HERE})
    assert response["Access-Control-Allow-Origin"] == HERE
    assert {"Retry-After", "Link", "X-RateLimit-Remaining"} <= set(
        response["Access-Control-Expose-Headers"].split(", ")
    )
    refused = Client().get("/user/me", headers={"Origin": HERE})
    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (401, HERE)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/tiers", "/admin/login/"])
def test_no_other_origin_and_no_page_of_the_admin(path: str) -> None:
    for origin in (*HOSTILE, HERE):
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        for response in (Client().get(path, headers={"Origin": origin}), Client().options(path, headers=asked)):
            allowed = origin == HERE and path == "/tiers"
            assert ("Access-Control-Allow-Origin" in response) == allowed, origin
            assert "Access-Control-Allow-Credentials" not in response
