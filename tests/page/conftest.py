"""Chromium, and people at the chat page."""

from collections.abc import Iterator
from typing import Any

import pytest

from chatrooms.page.preferences import SIGNED_IN_COOKIE
from tests import chromium as chromium_of_this_machine
from tests.api_user import ApiUser
from tests.page.browser import Person, person
from tests.stack import Stack


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Only until the module ends: a process can have one Playwright at a time, and no other event loop beside it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = chromium_of_this_machine.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visitor(stack: Stack, chromium: Any) -> Iterator[Person]:
    """Somebody with a fresh browser profile, who has not opened the page yet."""
    with person(chromium, stack) as made:
        yield made


@pytest.fixture
def user(stack: Stack) -> ApiUser:
    """An account, for what a test prepares or checks through the API."""
    return stack.sign_up()


@pytest.fixture
def signed_in(stack: Stack, chromium: Any, user: ApiUser) -> Iterator[Person]:
    """The `user`, signed in to the page in a browser."""
    with person(chromium, stack) as made:
        enter(made, user)
        yield made


def enter(made: Person, user: ApiUser) -> None:
    """Give the browser the cookie of a session of the user's, and open the page."""
    made.number = user.number
    signed_in = {"name": SIGNED_IN_COOKIE, "value": "1", "url": made.stack.url}
    made.context.add_cookies([cookie_of(made.stack, user), signed_in])
    made.open()
    made.page.wait_for_selector(".app")


def cookie_of(stack: Stack, user: ApiUser) -> dict[str, str]:
    return {"name": "refresh_token", "value": user.refresh_token, "url": f"{stack.url}/auth/refresh"}
