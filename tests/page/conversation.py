"""What the tests of the conversation do at the page."""

from typing import Any

from tests.page.browser import Person
from tests.waiting import wait_until

NOTE_FOUND = """
window.foundMessages = new Set();
new MutationObserver((changes) => {
  for (const { target } of changes) if (target.classList.contains("found")) window.foundMessages.add(target.dataset.id);
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["class"] });
"""
"""The mark of a message that was looked for lasts two seconds: it is noted, since a test may look later."""


def write(person: Person, text: str, *, page: Any = None) -> None:
    """Send a message as a person does."""
    page = page or person.page
    page.fill("#message-field", text)
    page.click("[data-part=send]")


def exchange(number: int = 1) -> str:
    """The selector of one message with its answer, counted from 1."""
    return f".exchange:nth-child({number})"


def wait_status(person: Person, status: str, *, number: int = 1, page: Any = None, seconds: int = 60) -> None:
    """Until an answer has this status and, if it is a final one, is on screen as a whole."""
    is_busy = status in ("queued", "generating")
    state = f"[data-status={status}][aria-busy={str(is_busy).lower()}]"
    (page or person.page).wait_for_selector(exchange(number) + state, timeout=1000 * seconds)


def answer(person: Person, *, number: int = 1, page: Any = None) -> str:
    """The text of an answer as it is on screen."""
    return str((page or person.page).text_content(f"{exchange(number)} [data-part=body]")).strip()


def wait_for_text(person: Person, text: str, *, number: int = 1, page: Any = None) -> None:
    """Until an answer has this text."""
    (page or person.page).wait_for_selector(f"{exchange(number)} [data-part=body]:has-text('{text}')")


def wait_for_title(person: Person) -> None:
    """Until the model has named the room: that call would take the answer that a test scripts next."""
    named = "SELECT 1 FROM chatrooms_chatroom WHERE naming = 'model'"
    wait_until(lambda: person.stack.sql(named), "the room's title")


def note_found(person: Person) -> None:
    """Note from now on which messages are shown because they were looked for."""
    person.page.add_init_script(NOTE_FOUND)
    person.page.evaluate(NOTE_FOUND)


def wait_for_found(person: Person, message: int) -> None:
    """Until a message was shown because it was looked for, and is at the top of the view."""
    found = f"window.foundMessages.has('{message}')"
    wait_until(lambda: person.page.evaluate(found), "the mark of the message")
    place = person.page.locator(f".exchange[data-id='{message}']")
    wait_until(lambda: -50 < place.bounding_box()["y"] < 400, "the message at the top")


def open_room(person: Person, room: int) -> None:
    person.page.goto(f"{person.stack.url}/#/c/{room}")
    person.page.reload()
    person.page.wait_for_selector("#message-field")


def numbered(count: int) -> str:
    """A text in which each word is known by its number, so that one lost or doubled is found."""
    return " ".join(f"w{number:04}" for number in range(count))
