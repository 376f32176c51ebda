"""The field in which a message is written: keys, drafts, refusals, and the scroll position above it."""

from typing import Any

import pytest

from tests.api_user import ApiUser
from tests.page.browser import PHONE, Person, person
from tests.page.conftest import enter
from tests.page.conversation import (
    answer,
    exchange,
    note_found,
    numbered,
    open_room,
    wait_for_found,
    wait_for_text,
    wait_status,
    write,
)
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(600)]

FROM_THE_END = "(each => each.scrollHeight - each.scrollTop - each.clientHeight)(document.querySelector('.scroller'))"
POSITION = "document.querySelector('.scroller').scrollTop"
WATCH_THE_END = f"""
window.distances = [];
new ResizeObserver(() => window.distances.push({FROM_THE_END})).observe(document.querySelector('.column'));
"""
"""Observers are told in the order in which they were made: this one sees each frame as a reader does."""


def test_enter_sends_and_shift_enter_does_not(signed_in: Person) -> None:
    field = signed_in.page.locator("#message-field")
    field.press_sequentially("One")
    field.press("Shift+Enter")
    field.press_sequentially("Two")
    assert field.input_value() == "One\nTwo"
    field.press("Enter")
    wait_status(signed_in, "done")
    assert signed_in.page.inner_text(".bubble") == "One\nTwo"
    assert field.input_value() == ""


def test_enter_is_a_new_line_on_a_phone(stack: Stack, chromium: object, user: ApiUser) -> None:
    with person(chromium, stack, viewport=PHONE, has_touch=True, is_mobile=True) as made:
        enter(made, user)
        field = made.page.locator("#message-field")
        field.press_sequentially("One")
        field.press("Enter")
        field.press_sequentially("Two")
        assert field.input_value() == "One\nTwo"
        made.page.tap("[data-part=send]")
        wait_status(made, "done")
        made.look("phone")


def test_what_was_typed_survives_a_reload(signed_in: Person, user: ApiUser) -> None:
    room = user.room()
    signed_in.page.fill("#message-field", "Not sent in the new chat")
    open_room(signed_in, room)
    assert signed_in.page.input_value("#message-field") == ""
    signed_in.page.fill("#message-field", "Not sent here")
    signed_in.page.reload()
    signed_in.page.wait_for_selector("#message-field")
    assert signed_in.page.input_value("#message-field") == "Not sent here"
    signed_in.page.goto(f"{signed_in.stack.url}/#/")
    signed_in.page.reload()
    signed_in.page.wait_for_selector("#message-field")
    assert signed_in.page.input_value("#message-field") == "Not sent in the new chat"


def test_a_sent_message_leaves_no_draft(signed_in: Person) -> None:
    write(signed_in, "Hello")
    wait_status(signed_in, "done")
    signed_in.page.reload()
    wait_status(signed_in, "done")
    assert signed_in.page.input_value("#message-field") == ""


def test_a_refusal_keeps_the_text_and_says_why(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    stack.set_tier(daily_messages=0)
    write(signed_in, "One too many")
    signed_in.page.wait_for_selector('[data-part=notice]:has-text("You have used today\'s messages")')
    assert signed_in.page.is_visible("[data-part=notice-action]")
    assert signed_in.page.input_value("#message-field") == "One too many"
    signed_in.look("limit")
    stack.set_tier(daily_messages=None)
    signed_in.page.click("[data-part=send]")
    wait_status(signed_in, "done")


def test_a_message_sent_offline_is_kept(signed_in: Person) -> None:
    signed_in.page.wait_for_selector(".composer-form")
    signed_in.context.set_offline(True)
    write(signed_in, "Hello")
    signed_in.page.wait_for_selector("[data-part=notice]:has-text('cannot be reached')")
    assert signed_in.page.input_value("#message-field") == "Hello"
    signed_in.context.set_offline(False)
    signed_in.page.click("[data-part=send]")
    wait_status(signed_in, "done")
    assert signed_in.page.locator(".exchange").count() == 1


def wait_until_still(page: Any) -> float:
    """Until the wheel's movement has ended; the scroll position then."""
    seen: list[float] = []

    def is_still() -> bool:
        seen.append(page.evaluate(f"new Promise(done => requestAnimationFrame(() => done({POSITION})))"))
        return len(seen) > 5 and len(set(seen[-5:])) == 1

    wait_until(is_still, "the end of the movement")
    return seen[-1]


def have_counted(person: Person) -> None:
    """Ask for an answer of twelve seconds and many lines, and wait for its first fifth."""
    person.stack.double.script({"text": numbered(300).replace(" ", "\n\n"), "chunks": 60, "delay": 0.2})
    write(person, "Count")
    wait_for_text(person, "w0060")


def stay_after_wheel(person: Person, *, up: int) -> None:
    """Turn the wheel up by some pixels: what arrives later leaves the view where it is."""
    person.page.mouse.move(640, 400)
    person.page.mouse.wheel(0, -up)
    person.page.wait_for_selector("[data-part=to-end]:visible")
    before = wait_until_still(person.page)
    wait_for_text(person, "w0150")
    assert person.page.evaluate(POSITION) == before


def test_the_view_follows_only_a_reader_at_the_end(signed_in: Person) -> None:
    signed_in.page.wait_for_selector(".column", state="attached")
    signed_in.page.evaluate(WATCH_THE_END)
    have_counted(signed_in)
    distances = signed_in.page.evaluate("distances")
    assert len(distances) > 1, "the first is from before the text"
    assert max(distances) <= 60
    stay_after_wheel(signed_in, up=400)
    signed_in.look("left-the-end")
    signed_in.page.click("[data-part=to-end]")
    signed_in.page.wait_for_selector("[data-part=to-end]", state="hidden")
    signed_in.page.evaluate("distances.length = 0")
    wait_status(signed_in, "done")
    assert max(signed_in.page.evaluate("distances"), default=0) <= 60
    assert signed_in.page.evaluate(FROM_THE_END) <= 60


def test_a_small_turn_of_the_wheel_leaves_the_end(signed_in: Person) -> None:
    """A smooth movement begins with a few pixels; text that arrives meanwhile must not pull the reader back."""
    have_counted(signed_in)
    stay_after_wheel(signed_in, up=30)
    signed_in.page.mouse.wheel(0, 20_000)
    signed_in.page.wait_for_selector("[data-part=to-end]", state="hidden")


def test_older_messages_come_while_scrolling_up(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    room = user.room()
    stack.double.default(text="Short.")
    sent = [user.send(room, f"Message {number}")["id"] for number in range(30)]
    user.wait_for_reply(sent[-1])
    open_room(signed_in, room)
    wait_status(signed_in, "done", number=20)
    assert signed_in.page.inner_text(f"{exchange(1)} .bubble") == "Message 10"
    signed_in.page.mouse.move(640, 400)

    def all_after_scrolling_up() -> bool:
        signed_in.page.mouse.wheel(0, -800)
        return bool(signed_in.page.locator(".exchange").count() == 30)

    wait_until(all_after_scrolling_up, "all messages")
    assert signed_in.page.inner_text(f"{exchange(1)} .bubble") == "Message 0"
    assert answer(signed_in, number=1) == "Short."


def test_a_message_can_be_opened_by_its_address(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    room = user.room()
    stack.double.default(text="Short.")
    sent = [user.send(room, f"Message {number}")["id"] for number in range(30)]
    user.wait_for_reply(sent[-1])
    note_found(signed_in)
    signed_in.page.goto(f"{stack.url}/#/c/{room}/m/{sent[2]}")
    signed_in.page.reload()
    wait_for_found(signed_in, sent[2])
