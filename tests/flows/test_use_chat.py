"""`useChat` of the unmodified AI SDK, in a browser, on a page of an origin that only its API key allows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import chromium
from tests.api_user import ApiUser
from tests.flows import ui_pages
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.needs_chromium, pytest.mark.needs_node, pytest.mark.timeout(600)]

TEXT = " ".join(f"word{number} हि \U0001f600" for number in range(40)) + "\u2028."
SCOPES = ["messages:write", "rooms:read"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = chromium.launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="module", params=[pytest.param(6, marks=pytest.mark.faults), 7])
def sdk(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def origin(sdk: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("page")
    ui_pages.build(folder, sdk=sdk)
    with ui_pages.served(folder) as origin:
        yield origin


@pytest.fixture
def alice(breakable: Stack) -> ApiUser:
    return breakable.sign_up()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    made = context.new_page()
    made.set_default_timeout(120_000)
    yield made
    context.close()


def key_of(user: ApiUser, *origins: str) -> str:
    body = {"name": "Page", "scopes": SCOPES, "allowed_origins": list(origins)}
    made = user.call("POST", "/api-keys", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["key"])


def open_chat(page: Page, stack: Stack, origin: str, key: str, *, sdk: int) -> None:
    api = f"{stack.url}/v1/ui/chat" + ("?reset_step=true" if sdk == 7 else "")
    page.goto(f"{origin}/index.html?{urlencode({'api': api, 'key': key, 'chat': 'my-chat'})}")
    page.wait_for_selector("main")


def say(page: Page, text: str) -> None:
    page.fill("[name=text]", text)
    page.click("text=Send")


def reply(page: Page) -> str:
    """The text of the last reply: of its last step."""
    script = """() => {
        const last = (window.chat?.messages ?? []).at(-1);
        if (last?.role !== "assistant") return "";
        const begin = last.parts.findLastIndex((part) => part.type === "step-start") + 1;
        return last.parts.slice(begin).filter((part) => part.type === "text").map((part) => part.text).join("");
    }"""
    return str(page.evaluate(script))


def state(page: Page) -> dict[str, Any]:
    return dict(page.evaluate("window.chat"))


def wait_for(page: Page, text: str) -> None:
    wait_until(lambda: reply(page) == text and state(page)["status"] == "ready", "the whole reply")


def stored(stack: Stack, user: ApiUser) -> list[tuple[Any, ...]]:
    return stack.sql(
        "SELECT role, status, content FROM chatrooms_message WHERE user_id = %s AND (role = 'user' OR is_current)"
        " ORDER BY id",
        user.id,
    )


def test_a_page_talks(breakable: Stack, page: Page, alice: ApiUser, origin: str, sdk: int) -> None:
    breakable.double.default(text=TEXT, chunks=20, delay=0.02)
    open_chat(page, breakable, origin, key_of(alice, origin), sdk=sdk)
    say(page, "What is a monsoon?")
    wait_for(page, TEXT)
    [asked, answer] = state(page)["messages"]
    assert answer["metadata"]["usage"]["outputTokens"] > 0
    say(page, "And then?")
    wait_until(lambda: len(state(page)["messages"]) == 4, "another reply")
    wait_for(page, TEXT)
    said = [("user", "", "What is a monsoon?"), ("assistant", "done", TEXT)]
    assert stored(breakable, alice) == [*said, ("user", "", "And then?"), ("assistant", "done", TEXT)]
    assert asked["role"] == "user"


def test_a_page_reloaded_in_mid_answer_resumes(
    breakable: Stack, page: Page, alice: ApiUser, origin: str, sdk: int
) -> None:
    breakable.double.default(text=TEXT, chunks=40, delay=0.1, hold=8)
    open_chat(page, breakable, origin, key_of(alice, origin), sdk=sdk)
    say(page, "What is a monsoon?")
    wait_until(lambda: "word3" in reply(page), "the beginning of the reply")
    page.reload()
    page.wait_for_selector("main")
    wait_until(lambda: state(page)["status"] == "streaming", "the reply goes on")
    breakable.double.release()
    wait_for(page, TEXT)
    assert stored(breakable, alice) == [("user", "", "What is a monsoon?"), ("assistant", "done", TEXT)]
    assert len(state(page)["messages"]) == 2
    page.reload()
    page.wait_for_selector("article.assistant")
    wait_for(page, TEXT)


def test_a_page_gets_another_reply(breakable: Stack, page: Page, alice: ApiUser, origin: str, sdk: int) -> None:
    breakable.double.default(text="One.")
    open_chat(page, breakable, origin, key_of(alice, origin), sdk=sdk)
    say(page, "What is a monsoon?")
    wait_for(page, "One.")
    breakable.double.default(text="Another.")
    page.click("#again")
    wait_for(page, "Another.")
    assert stored(breakable, alice) == [("user", "", "What is a monsoon?"), ("assistant", "done", "Another.")]


def test_a_killed_worker_is_no_end_of_the_reply(
    breakable: Stack, page: Page, alice: ApiUser, origin: str, sdk: int
) -> None:
    breakable.double.default(text=TEXT, chunks=40, hold=8)
    open_chat(page, breakable, origin, key_of(alice, origin), sdk=sdk)
    say(page, "What is a monsoon?")
    wait_until(lambda: "word3" in reply(page), "the beginning of the reply")
    breakable.kill("worker")
    breakable.double.default(text=f"Other {TEXT}", chunks=4)
    breakable.start("worker")
    wait_for(page, f"Other {TEXT}")
    assert stored(breakable, alice)[1] == ("assistant", "done", f"Other {TEXT}")
    shown = page.text_content("article.assistant") or ""
    assert shown.startswith("Other" if sdk == 7 else "word0")


def test_a_failed_reply_is_an_error_that_says_its_code(
    breakable: Stack, page: Page, alice: ApiUser, origin: str, sdk: int
) -> None:
    breakable.double.default(error=400)
    open_chat(page, breakable, origin, key_of(alice, origin), sdk=sdk)
    say(page, "What is a monsoon?")
    wait_until(lambda: state(page)["status"] == "error", "the error")
    [(_, _, _), (_, status, _)] = stored(breakable, alice)
    assert (status, state(page)["error"]) == ("failed", "bad_request")


def test_a_page_of_another_origin_sends_nothing(
    breakable: Stack, page: Page, alice: ApiUser, origin: str, sdk: int
) -> None:
    open_chat(page, breakable, origin, key_of(alice, "https://app.example.com"), sdk=sdk)
    say(page, "What is a monsoon?")
    wait_until(lambda: state(page)["status"] == "error", "the error")
    assert stored(breakable, alice) == []
    assert "fetch" in state(page)["error"].lower()  # it may not even read the refusal
