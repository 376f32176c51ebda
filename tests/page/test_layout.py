"""Phones, narrow windows, the keyboard alone, reduced motion."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api_user import ApiUser
from tests.page.browser import PHONE, Person, person
from tests.page.conftest import enter
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(300)]

WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung"


def is_too_wide(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def focused(page: Any) -> str:
    """A name of the element that has the focus."""
    return str(
        page.evaluate(
            "document.activeElement.getAttribute('data-part') || document.activeElement.id"
            " || document.activeElement.getAttribute('name') || document.activeElement.textContent.trim()"
        )
    )


def wait_for_focus(page: Any, wanted: str) -> None:
    wait_until(lambda: focused(page) == wanted, f"the focus at {wanted}")


def tab_to(page: Any, wanted: str, most: int = 40) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if focused(page) == wanted:
            return
    raise AssertionError(f"Tab did not reach {wanted}")


def test_a_phone_has_a_drawer(stack: Stack, chromium: Any, user: ApiUser) -> None:
    user.room("Pocket")
    with person(chromium, stack, viewport=PHONE, has_touch=True, is_mobile=True) as somebody:
        enter(somebody, user)
        page = somebody.page
        page.wait_for_selector(".room", state="attached")
        assert page.is_hidden(".sidebar")
        page.click("[data-part=open-sidebar]")
        page.wait_for_selector(".sidebar.open .room:has-text('Pocket')")
        wait_for_focus(page, "close-sidebar")
        assert page.evaluate("document.querySelector('#main').inert")
        somebody.look("phone-drawer")
        page.keyboard.press("Escape")
        page.wait_for_selector(".sidebar", state="hidden")
        wait_for_focus(page, "open-sidebar")
        page.click("[data-part=open-sidebar]")
        page.click(".room a")
        page.wait_for_selector(".sidebar", state="hidden")
        page.wait_for_selector("[data-part=room-title]:has-text('Pocket')")
        assert not is_too_wide(page)


def test_targets_on_phones_are_large(stack: Stack, chromium: Any, user: ApiUser) -> None:
    user.room("Pocket")
    with person(chromium, stack, viewport=PHONE, has_touch=True, is_mobile=True) as somebody:
        enter(somebody, user)
        page = somebody.page
        page.click("[data-part=open-sidebar]")
        page.wait_for_selector(".room")
        sizes = page.evaluate(
            "[...document.querySelectorAll('.sidebar :is(button, a, input)')].filter(e => e.checkVisibility())"
            ".map(e => [e.dataset.part, e.getBoundingClientRect().height])"
        )
        assert [name for name, height in sizes if height < 44] == []


@pytest.mark.parametrize("step", ["sign-in", "chat", "settings", "plans", "room-settings"])
def test_320_pixels_need_no_sideways_scrolling(stack: Stack, chromium: Any, user: ApiUser, step: str) -> None:
    room = user.room(WORD)
    user.send(room, WORD * 3)
    with person(chromium, stack, viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True) as somebody:
        if step == "sign-in":
            somebody.open()
            somebody.page.wait_for_selector(".sign-in")
        else:
            enter(somebody, user)
            STEPS[step](somebody, room)
        somebody.look(f"narrow-{step}")
        assert not is_too_wide(somebody.page)
        wide = somebody.page.evaluate(
            "[...document.querySelectorAll('dialog, dialog *, .main, .main *')].filter(e => e.checkVisibility() &&"
            " e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.tabs, .visually-hidden, svg'))"
            ".map(e => e.tagName + '.' + e.className)"
        )
        assert wide == []


def open_room(somebody: Person, room: int) -> None:
    somebody.page.evaluate(f"location.hash = '#/c/{room}'")
    somebody.page.wait_for_selector("[data-part=room-settings]:not([hidden])")


def open_settings(somebody: Person, room: int) -> None:
    somebody.page.click("[data-part=open-sidebar]")
    somebody.page.wait_for_selector("[data-part=account-name]:not(:empty)")
    somebody.page.click("[data-part=account]")
    somebody.page.locator(".menu button").first.click()
    somebody.page.click("#tab-security")
    somebody.page.wait_for_selector(".device")


def open_plans(somebody: Person, room: int) -> None:
    somebody.page.wait_for_selector("[data-part=account-name]:not(:empty)", state="attached")
    somebody.page.evaluate("dispatchEvent(new Event('kuvaka:upgrade'))")
    somebody.page.wait_for_selector(".plans")


def open_room_settings(somebody: Person, room: int) -> None:
    open_room(somebody, room)
    somebody.page.click("[data-part=room-settings]")
    somebody.page.wait_for_selector("dialog [name=model]")


STEPS: dict[str, Callable[[Person, int], None]] = {
    "chat": open_room,
    "settings": open_settings,
    "plans": open_plans,
    "room-settings": open_room_settings,
}


def test_everything_works_by_the_keyboard_alone(visitor: Person) -> None:
    """From the address to a renamed chat and out again, without a pointer."""
    visitor.open()
    page = visitor.page
    page.wait_for_selector("[name=number]")
    wait_for_focus(page, "number")
    page.keyboard.type("9876500401")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=code]")
    code = "".join(letter for letter in page.text_content("[data-part=mock-text]") if letter.isdigit())
    wait_for_focus(page, "code")
    page.keyboard.type(code)
    page.wait_for_selector(".app")
    page.wait_for_selector("#message-field")
    page.focus("#message-field")
    page.keyboard.type("Hello by keyboard")
    page.keyboard.press("Enter")
    page.wait_for_selector(".room a[aria-current=page]")
    page.keyboard.press("Control+k")
    wait_for_focus(page, "search")
    page.keyboard.press("ArrowDown")
    wait_for_focus(page, "link")
    page.keyboard.press("F2")
    page.keyboard.type("Named by keyboard")
    page.keyboard.press("Enter")
    page.wait_for_selector(".room:has-text('Named by keyboard')")
    wait_for_focus(page, "link")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".menu")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-part=pinned] .room")
    tab_to(page, "account")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_selector("#tab-general")
    wait_for_focus(page, "tab-general")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#panel-plan:not([hidden])")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    wait_for_focus(page, "account")


def test_the_first_tab_stop_skips_to_the_message_field(signed_in: Person, user: ApiUser) -> None:
    room = user.room()
    page = signed_in.page
    open_room(signed_in, room)
    first = page.evaluate("document.querySelector('.app :is(a, button, input, select, textarea)').dataset.part")
    assert first == "skip"
    page.focus("[data-part=skip]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#message-field:focus")
    assert page.evaluate("location.hash") == f"#/c/{room}"


def test_two_shortcuts_lead_to_the_search_and_a_new_chat(signed_in: Person, user: ApiUser) -> None:
    page = signed_in.page
    page.evaluate(f"location.hash = '#/c/{user.room('Trip')}'")
    page.wait_for_selector("[data-part=room-title]:has-text('Trip')")
    page.keyboard.press("Control+k")
    page.wait_for_selector("[data-part=search]:focus")
    page.keyboard.press("Control+Shift+o")
    page.wait_for_selector("#message-field:focus")
    assert page.evaluate("location.hash") == "#/"


def test_reduced_motion_is_respected(stack: Stack, chromium: Any) -> None:
    with person(chromium, stack, reduced_motion="reduce") as somebody:
        somebody.open()
        somebody.page.wait_for_selector(".sign-in")
        assert (
            somebody.page.evaluate("getComputedStyle(document.querySelector('.button')).transitionDuration") == "0.001s"
        )
