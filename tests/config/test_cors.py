"""Pages of other origins use the API only where `APP_ORIGINS` names them, and then can read what they need."""

from typing import Any

import pytest
from django.test import Client

HERE, ELSEWHERE = "https://app.example.com", "https://evil.example.com"


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
@pytest.mark.parametrize("origin", [ELSEWHERE, "null", HERE + ".evil.example", HERE])
def test_nobody_else_and_nothing_of_the_desk(path: str, origin: str) -> None:
    answer = Client().get(path, headers={"Origin": origin})
    allowed = origin == HERE and path == "/tiers"
    assert ("Access-Control-Allow-Origin" in answer) == allowed
    assert "Access-Control-Allow-Credentials" not in answer
