"""What the tests of the conversation do at the page."""

from typing import Any

from tests.page.browser import Person

LONG = 40_000


def write(person: Person, text: str, *, page: Any = None) -> None:
    """Send a message as a person does."""
    page = page or person.page
    page.fill("#message-field", text)
    page.click("[data-part=send]")


def exchange(number: int = 1) -> str:
    """The selector of one message with its answer, counted from 1."""
    return f".exchange:nth-child({number})"


def wait_status(person: Person, status: str, *, number: int = 1, page: Any = None) -> None:
    """Until an answer has this status and, if it is a final one, is on screen as a whole."""
    is_busy = status in ("queued", "generating")
    state = f"[data-status={status}][aria-busy={str(is_busy).lower()}]"
    (page or person.page).wait_for_selector(exchange(number) + state)


def answer(person: Person, *, number: int = 1, page: Any = None) -> str:
    """The text of an answer as it is on screen."""
    return str((page or person.page).text_content(f"{exchange(number)} [data-part=body]")).strip()


def wait_for_text(person: Person, text: str, *, number: int = 1, page: Any = None) -> None:
    """Until an answer has this text."""
    (page or person.page).wait_for_selector(f"{exchange(number)} [data-part=body]:has-text('{text}')")


def open_room(person: Person, room: int) -> None:
    person.page.goto(f"{person.stack.url}/#/c/{room}")
    person.page.reload()
    person.page.wait_for_selector("#message-field")


def numbered(count: int) -> str:
    """A text in which each word is known by its number, so that one lost or doubled is found."""
    return " ".join(f"w{number:04}" for number in range(count))
