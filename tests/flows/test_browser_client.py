"""The client for browsers in docs/streaming.md, run as it stands there in a browser."""

import re
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests import chromium
from tests.api_user import ApiUser
from tests.stack import ROOT, Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.needs_chromium, pytest.mark.timeout(300)]

[CLIENT] = re.findall(r"In a browser:\n\n((?:    .*\n|\n)+)", (ROOT / "docs" / "streaming.md").read_text())
GET = """
    window.shown = "";
    const get = async (path) => {
      try { return await (await fetch(path, { headers: { Authorization: `Bearer ${token}` } })).json(); }
      catch { await new Promise((resolve) => setTimeout(resolve, 200)); return get(path); }
    };
"""
TEXT = " ".join(f"word{number}" for number in range(100)) + " \U0001f600\u2028."


@pytest.fixture
def page(breakable: Stack) -> Iterator[Page]:
    """A page of `web`, which has no client of its own."""
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        page = browser.new_context(bypass_csp=True).new_page()
        page.goto(f"{breakable.url}/livez")
        yield page
        browser.close()


def follow(page: Page, user: ApiUser, message: dict[str, Any]) -> None:
    """Run the client; the page's `shown` is what it shows."""
    script = (
        f"([token, message]) => {{ {GET} {textwrap.dedent(CLIENT)} follow(message, (text) => {{ shown = text; }}); }}"
    )
    page.evaluate(script, [user.access_token, message])


def shown(page: Page) -> str:
    return str(page.evaluate("shown"))


def test_a_browser_resumes_where_the_stream_broke(breakable: Stack, page: Page) -> None:
    breakable.double.default(text=TEXT, chunks=50, delay=0.1, hold=10)
    user = breakable.sign_up()
    follow(page, user, user.send(user.room(), "Hello"))
    wait_until(lambda: "word5" in shown(page), "the beginning of the reply")
    breakable.kill("stream")
    breakable.start("stream")
    breakable.double.release()
    wait_until(lambda: shown(page) == TEXT, "the whole reply, once")


def test_a_browser_gets_a_new_ticket_when_its_own_is_refused(breakable: Stack, page: Page) -> None:
    breakable.double.default(text=TEXT, chunks=50, delay=0.1)
    user = breakable.sign_up()
    sent = user.send(user.room(), "Hello")
    expired = re.sub(r"ticket=.*", "ticket=expired", sent["stream_url"])
    follow(page, user, {**sent, "stream_url": expired})
    wait_until(lambda: shown(page) == TEXT, "the whole reply")


def test_a_browser_shows_a_reply_that_is_no_longer_streamed(breakable: Stack, page: Page) -> None:
    breakable.double.default(text=TEXT)
    user = breakable.sign_up()
    sent = user.send(user.room(), "Hello")
    wait_until(lambda: user.message(sent["id"])["reply"]["status"] == "done", "the reply")
    expired = re.sub(r"ticket=.*", "ticket=expired", sent["stream_url"])
    follow(page, user, {**sent, "stream_url": expired})
    wait_until(lambda: shown(page) == TEXT, "the text of the message")
