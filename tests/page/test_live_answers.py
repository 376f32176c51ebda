"""An answer arrives while it is written, through reloads, lost connections, a killed server and in two tabs."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing

from chatrooms import tickets
from tests.api_user import ApiUser
from tests.page.browser import AHEAD, Person, person
from tests.page.conftest import enter
from tests.page.conversation import answer, exchange, numbered, wait_for_text, wait_for_title, wait_status, write
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(600)]

WORDS = 400
SLOWLY = {"text": numbered(WORDS), "chunks": 100, "delay": 0.4}
"""Forty seconds, so that it is still being written after a reload on a busy machine."""


@pytest.fixture
def at_breakable(breakable: Stack, chromium: Any) -> Iterator[Person]:
    """Somebody at a stack whose processes a test may kill."""
    with person(chromium, breakable) as made:
        enter(made, breakable.sign_up())
        yield made


def test_an_answer_is_shown_while_it_is_written(signed_in: Person, stack: Stack) -> None:
    stack.double.script(SLOWLY)
    write(signed_in, "Count")
    wait_for_text(signed_in, "w0001")
    assert signed_in.page.get_attribute(exchange(), "data-status") == "generating"
    assert signed_in.page.is_visible("[data-part=stop]")
    signed_in.look("writing")
    wait_status(signed_in, "done")
    assert answer(signed_in) == numbered(WORDS)
    assert not signed_in.page.is_visible("[data-part=stop]")


def test_the_first_message_makes_the_room(signed_in: Person, user: ApiUser) -> None:
    assert user.call("GET", "/chatroom").json() == []
    write(signed_in, "Hello")
    wait_status(signed_in, "done")
    [room] = user.call("GET", "/chatroom").json()
    assert signed_in.page.url.endswith(f"#/c/{room['id']}")


def test_a_reload_in_mid_answer_loses_nothing(signed_in: Person, stack: Stack) -> None:
    stack.double.script(SLOWLY)
    write(signed_in, "Count")
    wait_for_text(signed_in, "w0010")
    signed_in.page.reload()
    wait_for_text(signed_in, "w0011")
    assert signed_in.page.get_attribute(exchange(), "data-status") in ("generating", "queued")
    wait_status(signed_in, "done")
    assert answer(signed_in) == numbered(WORDS)


def test_a_killed_stream_process_is_followed_again(at_breakable: Person, breakable: Stack) -> None:
    breakable.double.script(SLOWLY)
    write(at_breakable, "Count")
    wait_for_text(at_breakable, "w0010")
    breakable.kill("stream")
    at_breakable.page.wait_for_selector(".state.trouble")
    at_breakable.look("reconnecting")
    breakable.start("stream")
    wait_status(at_breakable, "done")
    assert answer(at_breakable) == numbered(WORDS)


def test_a_network_cut_of_20_s_is_survived(at_breakable: Person, breakable: Stack) -> None:
    breakable.double.script(SLOWLY)
    write(at_breakable, "Count")
    wait_for_text(at_breakable, "w0010")
    network = at_breakable.context.new_cdp_session(at_breakable.page)
    network.send("Network.enable")
    conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    # The browser refuses new connections, but leaves an open one alone: what comes over it has to be cut too.
    breakable.signal("stream", signal.SIGSTOP)
    network.send("Network.emulateNetworkConditions", {"offline": True, **conditions})
    at_breakable.page.wait_for_selector(".state.trouble:has-text('offline')")
    at_breakable.look("offline")
    before = answer(at_breakable)
    at_breakable.page.wait_for_timeout(20_000)
    assert answer(at_breakable) == before
    breakable.signal("stream", signal.SIGCONT)
    network.send("Network.emulateNetworkConditions", {"offline": False, **conditions})
    at_breakable.page.wait_for_selector(".state:not(.trouble)", state="attached")
    wait_status(at_breakable, "done")
    assert len(before) < len(answer(at_breakable))
    assert answer(at_breakable) == numbered(WORDS)


@contextmanager
def asleep(chromium: Any) -> Iterator[None]:
    """All processes of the browser stand still, as when a laptop's lid is closed."""
    found = chromium.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    pids = [each["id"] for each in found]
    assert len(pids) > 1
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)


def test_a_laptop_that_slept_in_mid_answer_resumes(at_breakable: Person, breakable: Stack, chromium: Any) -> None:
    breakable.double.script(SLOWLY)
    write(at_breakable, "Count")
    wait_for_text(at_breakable, "w0010")
    with asleep(chromium):
        breakable.kill("stream")  # no connection lives through a sleep
        breakable.start("stream")
        time.sleep(10)
    wait_status(at_breakable, "done")
    assert answer(at_breakable) == numbered(WORDS)


def test_an_expired_ticket_is_replaced(signed_in: Person, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a sleep of more than five minutes: the page has a ticket, and the server no longer takes it."""
    key = stack.setting("SECRET_KEY")
    long_ago = time.time() - tickets.LIFETIME.total_seconds() - 1
    statuses: list[int] = []

    def age(route: Any) -> None:
        [ticket] = parse_qs(urlsplit(route.request.url).query)["ticket"]
        with monkeypatch.context() as patch:
            patch.setattr(signing.time, "time", lambda: long_ago)
            old = signing.dumps(signing.loads(ticket, key=key, salt=tickets.SALT), key=key, salt=tickets.SALT)
        route.continue_(url=route.request.url.replace(ticket, old))

    signed_in.page.on("response", lambda found: statuses.append(found.status) if "/stream?" in found.url else None)
    signed_in.page.route("**/stream?ticket=*", age, times=1)
    stack.double.script(SLOWLY)
    write(signed_in, "Count")
    wait_status(signed_in, "done")
    assert answer(signed_in) == numbered(WORDS)
    assert statuses[:2] == [401, 200]


def test_two_tabs_show_the_same(signed_in: Person, stack: Stack) -> None:
    write(signed_in, "First")
    wait_status(signed_in, "done")
    wait_for_title(signed_in)
    other = signed_in.new_tab()
    other.clock.install()
    other.goto(signed_in.page.url)
    other.reload()
    wait_status(signed_in, "done", page=other)
    stack.double.script(SLOWLY)
    other.clock.pause_at(time.time() + AHEAD)  # what is shown now was told, and not asked for every now and then
    write(signed_in, "Second")
    other.wait_for_selector(f"{exchange(2)} .bubble:has-text('Second')")
    other.clock.resume()
    wait_for_text(signed_in, "w0010", number=2, page=other)
    assert other.get_attribute(exchange(2), "data-status") == "generating"
    other.click("[data-part=stop]")
    wait_status(signed_in, "stopped", number=2, page=other)
    wait_status(signed_in, "stopped", number=2)
    assert answer(signed_in, number=2) == answer(signed_in, number=2, page=other)


def test_an_answer_is_busy_until_it_is_on_screen(signed_in: Person, stack: Stack) -> None:
    """It is drawn in frames, and a tab in the background has few: who waits for the whole must be able to see when."""
    signed_in.page.clock.install()
    signed_in.page.reload()
    signed_in.page.wait_for_selector("#message-field")
    stack.double.script({"text": "All of it."})
    signed_in.page.clock.pause_at(time.time() + AHEAD)  # no frame comes any more
    write(signed_in, "Hello")
    signed_in.page.wait_for_selector(f"{exchange()}[data-status=done]")
    assert (answer(signed_in), signed_in.page.get_attribute(exchange(), "aria-busy")) == ("", "true")
    signed_in.page.clock.resume()
    wait_status(signed_in, "done")
    assert answer(signed_in) == "All of it."


def test_messages_wait_for_their_turn(signed_in: Person, stack: Stack) -> None:
    stack.double.script(SLOWLY)
    stack.double.default(text="The second answer.")  # for the room's title too, whichever is asked for first
    write(signed_in, "One")
    wait_for_text(signed_in, "w0001")
    write(signed_in, "Two")
    signed_in.page.wait_for_selector(f"{exchange(2)} .state:has-text('its turn')")
    wait_status(signed_in, "done")
    wait_status(signed_in, "done", number=2)
    assert answer(signed_in, number=2) == "The second answer."


def test_an_attempt_that_broke_off_is_replaced(signed_in: Person, stack: Stack) -> None:
    stack.double.script(
        {"text": "Half of it is lost", "chunks": 4, "after": 2, "fault": "reset"}, {"text": "All of it."}
    )
    write(signed_in, "Go")
    wait_status(signed_in, "done")
    assert answer(signed_in) == "All of it."
