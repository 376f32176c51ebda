"""The address `/` for browsers and for programs, and the way in."""

from typing import Any

import pytest
from django.test import Client

from tests.page.browser import Person

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_programs_get_the_addresses_as_json() -> None:
    for headers in ({"Accept": "application/json"}, {"Accept": "*/*"}, {}):
        answer = Client().get("/", headers=headers)
        assert answer.json()["docs"] == "/docs"
        assert "Accept" in answer["Vary"]


def test_browsers_get_the_page_under_a_strict_policy() -> None:
    page = Client().get("/", headers=BROWSER)
    policy = page["Content-Security-Policy"]
    assert page["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    text = page.content.decode()
    assert "style=" not in text
    assert " onclick" not in text


@pytest.mark.parametrize(
    ("accepted", "code", "direction"),
    [("hi-IN,hi;q=0.9,en;q=0.8", "hi", "ltr"), ("ar", "ar", "rtl"), ("fr-FR", "en", "ltr")],
)
def test_the_page_speaks_the_language_of_the_browser(accepted: str, code: str, direction: str) -> None:
    page = Client().get("/", headers=BROWSER | {"Accept-Language": accepted})
    assert f'<html lang="{code}" dir="{direction}"' in page.content.decode()
    assert page["Content-Language"] == code


@pytest.mark.stack
@pytest.mark.faults
@pytest.mark.needs_chromium
def test_a_visitor_signs_in_and_stays_signed_in(visitor: Person) -> None:
    visitor.sign_in("+91 98765 00001")
    visitor.look("first")
    visitor.page.reload()
    visitor.page.wait_for_selector(".app")
    cookies: list[Any] = visitor.context.cookies(f"{visitor.stack.url}/auth")
    tokens = [each for each in cookies if each["name"] == "refresh_token"]
    assert [(each["httpOnly"], each["sameSite"], each["path"]) for each in tokens] == [(True, "Strict", "/auth")]
    kept = visitor.page.evaluate("JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})")
    assert "ey" not in kept.replace("key", "")
