"""What can be done with an answer: stop, retry, regenerate, leaf through versions, edit, copy."""

import pytest

from tests.api_user import ApiUser
from tests.page.browser import Person
from tests.page.conversation import (
    answer,
    exchange,
    numbered,
    open_room,
    wait_for_text,
    wait_for_title,
    wait_status,
    write,
)
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(600)]

CODE = "Run this:\n\n```python\nprint('<b>')\n```\n\nDone."


def test_an_answer_is_stopped(signed_in: Person, stack: Stack) -> None:
    stack.double.script({"text": numbered(400), "chunks": 100, "delay": 0.2})
    write(signed_in, "Count")
    wait_for_text(signed_in, "w0010")
    signed_in.page.click("[data-part=stop]")
    wait_status(signed_in, "stopped")
    assert numbered(400).startswith(answer(signed_in))
    assert "You stopped this answer" in signed_in.page.inner_text("[data-part=note]")
    assert signed_in.page.is_visible("[data-part=regenerate]")
    signed_in.page.wait_for_selector("[data-part=send]")


def test_a_failed_answer_says_why_and_is_retried(signed_in: Person, stack: Stack) -> None:
    stack.double.script({"block": "SAFETY"}, {"text": "Now it works."})
    write(signed_in, "Go")
    wait_status(signed_in, "failed")
    assert "Gemini declined to answer this" in signed_in.page.inner_text("[data-part=failure]")
    signed_in.look("failed")
    signed_in.page.click("[data-part=retry]")
    wait_status(signed_in, "done")
    assert answer(signed_in) == "Now it works."


def test_versions_can_be_leafed_through(signed_in: Person, stack: Stack) -> None:
    stack.double.script({"text": "The first version."})
    write(signed_in, "Go")
    wait_status(signed_in, "done")
    wait_for_title(signed_in)
    stack.double.script({"text": "The second version."})
    signed_in.page.click("[data-part=regenerate]")
    wait_for_text(signed_in, "The second version.")
    signed_in.page.click("[data-part=earlier]")
    wait_for_text(signed_in, "The first version.")
    assert signed_in.page.inner_text("[data-part=version]") == "1 of 2"
    assert signed_in.page.is_disabled("[data-part=earlier]")
    signed_in.look("versions")
    signed_in.page.click("[data-part=later]")
    wait_for_text(signed_in, "The second version.")
    signed_in.page.reload()
    signed_in.page.wait_for_selector("[data-part=versions]")
    assert signed_in.page.inner_text("[data-part=version]") == "2 of 2"


def test_the_last_message_is_edited(signed_in: Person, user: ApiUser) -> None:
    room = user.room()
    for text in ("One [[double text=First]]", "Two [[double text=Second]]"):
        user.wait_for_reply(user.send(room, text)["id"])
    open_room(signed_in, room)
    wait_status(signed_in, "done", number=2)
    assert not signed_in.page.is_visible(f"{exchange(1)} [data-part=edit]")
    signed_in.page.hover(f"{exchange(2)} .question")
    signed_in.page.click(f"{exchange(2)} [data-part=edit]")
    signed_in.look("editing")
    signed_in.page.fill("[data-part=edit-field]:visible", "Three [[double text=Third]]")
    signed_in.page.keyboard.press("Control+Enter")
    wait_for_text(signed_in, "Third", number=2)
    assert "Three" in signed_in.page.inner_text(f"{exchange(2)} .bubble")
    signed_in.page.click(f"{exchange(2)} [data-part=earlier]")
    wait_for_text(signed_in, "Second", number=2)
    assert "Two" in signed_in.page.inner_text(f"{exchange(2)} .bubble")


def test_an_edit_can_be_left(signed_in: Person, user: ApiUser) -> None:
    room = user.room()
    user.wait_for_reply(user.send(room, "One")["id"])
    open_room(signed_in, room)
    wait_status(signed_in, "done")
    signed_in.page.focus("#message-field")
    signed_in.page.keyboard.press("ArrowUp")
    signed_in.page.wait_for_selector("[data-part=edit-field]:focus")
    signed_in.page.keyboard.type(" and more")
    signed_in.page.keyboard.press("Escape")
    assert signed_in.page.inner_text(".bubble") == "One"
    signed_in.page.wait_for_selector("[data-part=edit]:focus")


def test_an_answer_and_a_block_of_code_are_copied(signed_in: Person, stack: Stack) -> None:
    signed_in.context.grant_permissions(["clipboard-read", "clipboard-write"])
    stack.double.script({"text": CODE})
    write(signed_in, "Go")
    wait_status(signed_in, "done")
    read = "navigator.clipboard.readText()"
    signed_in.page.click("[data-part=copy]")
    signed_in.page.wait_for_selector("[data-part=copy].copied")
    assert signed_in.page.evaluate(read) == CODE
    signed_in.page.click("[data-copy-code]")
    signed_in.page.wait_for_selector("[data-copy-code].copied")
    assert signed_in.page.evaluate(read) == "print('<b>')"
