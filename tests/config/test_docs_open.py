"""The API's documentation: open, or with `DOCS_OPEN=false` for staff with an access token."""

from typing import Any

import pytest
import yaml
from django.test import Client

from accounts import sessions, tokens
from accounts.models import Session, User
from config.dev import openapi
from config.http import docs
from tests.factories import make_user

pytestmark = pytest.mark.django_db

PATHS = ("/schema", "/docs", "/llms.txt")


def bearer(user: User) -> dict[str, str]:
    pair = tokens.pair_of(sessions.start(user=user, method=Session.Method.CODE, user_agent=""))
    return {"Authorization": f"Bearer {pair.access}"}


@pytest.mark.parametrize("path", PATHS)
def test_everyone_sees_it_in_production(settings: Any, path: str) -> None:
    settings.DEBUG = False
    assert Client().get(path).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_staff_alone_see_it_where_it_is_closed(settings: Any, path: str) -> None:
    settings.DEBUG, settings.DOCS_OPEN = False, False
    assert Client().get(path, headers=bearer(make_user(is_staff=True))).status_code == 200
    assert Client().get(path, headers=bearer(make_user())).status_code == 403
    assert Client().get(path).status_code == 401


def test_the_schema_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes a second of CPU: made for each request, it would be an easy way to stop the service."""
    docs._schema.cache_clear()
    docs._yaml.cache_clear()
    made: list[int] = []
    make = docs.SchemaGenerator.get_schema
    monkeypatch.setattr(docs.SchemaGenerator, "get_schema", lambda *a, **k: made.append(1) or make(*a, **k))
    first, second = (Client().get("/schema") for _ in range(2))
    assert (first.content, len(made)) == (second.content, 1)
    assert yaml.safe_load(first.content)["paths"].keys() == yaml.safe_load(openapi.FILE.read_text())["paths"].keys()


def test_llms_txt_leads_to_the_schema(settings: Any) -> None:
    settings.WEB_ORIGIN = "https://chat.example"
    response = Client().get("/llms.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    text = response.content.decode()
    assert text.startswith("# Kuvaka\n\n> ")
    assert "(https://chat.example/schema)" in text
