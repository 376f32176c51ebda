"""A person's browser at the chat page, for the tests of this folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.stack import Stack

TIMEOUT: Final = 60_000
"""In milliseconds."""

AHEAD: Final = 10
"""By how many seconds a page's clock is set on when it is stopped: it can't go back, and the call may be late."""

DESKTOP: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 360, "height": 740}


@dataclass
class Person:
    """Somebody at the chat page. `errors` are what their browser reported, `requests` where it sent requests."""

    context: Any
    page: Any
    stack: Stack
    number: str = ""
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self, page: Any) -> None:
        """Note what goes wrong in a page."""
        page.set_default_timeout(TIMEOUT)
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, hash_: str = "") -> None:
        """Load the page; what follows waits for what it needs."""
        self.page.goto(f"{self.stack.url}/{hash_}")

    def new_tab(self) -> Any:
        """A second tab of the same browser, with the page open."""
        page = self.context.new_page()
        self.watch(page)
        page.goto(f"{self.stack.url}/")
        return page

    def sign_in(self, number: str) -> None:
        """By number and code, as a person does it."""
        self.number = number
        self.open()
        self.page.fill("[name=number]", number)
        self.page.click("[data-part=submit]")
        self.page.click("[data-part=use-mock]")
        self.page.wait_for_selector(".app")

    def token(self) -> str:
        """An access token of the page's session, as the page gets one."""
        ask = (
            "fetch('/auth/refresh', {method: 'POST', body: '{}', headers: "
            "{'Content-Type': 'application/json', 'X-Requested-With': 'test'}}).then(r => r.json())"
        )
        return str(self.page.evaluate(ask)["access_token"])

    def look(self, name: str, *, page: Any = None) -> None:
        """Keep a picture in the folder PICTURES, if there is such a setting."""
        if folder := os.environ.get("PICTURES"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            (page or self.page).screenshot(path=str(Path(folder) / f"{name}.png"))

    def unexpected(self) -> list[str]:
        """The errors, without what a browser says about statuses that a test is about."""
        return [error for error in self.errors if "Failed to load resource" not in error]


@contextmanager
def person(chromium: Any, stack: Stack, **options: Any) -> Iterator[Person]:
    """A person with a browser profile of their own; no script error may have happened, and no policy been violated."""
    settings = {"viewport": DESKTOP, "locale": "en-GB", "timezone_id": "Asia/Kolkata", **options}
    context = chromium.new_context(**settings)
    made = Person(context=context, page=context.new_page(), stack=stack)
    made.watch(made.page)
    try:
        yield made
        assert made.unexpected() == []
    finally:
        context.close()
