"""axe-core finds nothing serious or critical, in any state, dark and light."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.api_user import ApiUser
from tests.node import AXE, installed
from tests.page.browser import Person, person
from tests.page.conftest import enter
from tests.stack import Stack

pytestmark = [
    pytest.mark.stack,
    pytest.mark.faults,
    pytest.mark.needs_chromium,
    pytest.mark.needs_node,
    pytest.mark.timeout(300),
]


def findings(page: Any) -> list[str]:
    """What axe-core calls serious or critical, with the elements."""
    page.evaluate(installed(AXE, "tests/page/javascript").read_text())
    report = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{found['id']}: {[node['html'][:160] for node in found['nodes']]}"
        for found in report["violations"]
        if found["impact"] in ("serious", "critical")
    ]


def number_step(page: Any) -> None:
    page.wait_for_selector("[name=country] option:nth-child(100)", state="attached")
    page.fill("[name=number]", "12")
    page.click("[data-part=submit]")
    page.wait_for_selector("#number-error:not(:empty)")


def code_step(page: Any) -> None:
    page.fill("[name=number]", f"98{random.randrange(10**7, 10**8)}")
    page.click("[data-part=submit]")
    page.wait_for_selector("[data-part=mock-text]:not(:empty)")


def new_chat(page: Any) -> None:
    page.wait_for_selector("#message-field")


def conversation(page: Any) -> None:
    page.click(".room a")
    page.wait_for_selector("#conversation :text('nearly there')")


def search(page: Any) -> None:
    page.fill("[data-part=search]", "nearly")
    page.wait_for_selector(".found mark")


def menu(page: Any) -> None:
    page.hover(".room")
    page.click(".room [data-part=menu]")
    page.wait_for_selector(".menu")


def renaming(page: Any) -> None:
    page.focus(".room a")
    page.keyboard.press("F2")
    page.wait_for_selector(".rename")


def toast(page: Any) -> None:
    page.focus(".room a")
    page.keyboard.press("Delete")
    page.wait_for_selector(".toast")


def room_settings(page: Any) -> None:
    page.click(".room a")
    page.click("[data-part=room-settings]")
    page.check("[name=own_temperature]")


def plans(page: Any) -> None:
    page.evaluate("dispatchEvent(new Event('kuvaka:upgrade'))")
    page.wait_for_selector(".plans")


def settings_tab(name: str, ready: str) -> Callable[[Any], None]:
    def open_it(page: Any) -> None:
        page.click("[data-part=account]")
        page.locator(".menu button").first.click()
        page.click(f"#tab-{name}")
        page.wait_for_selector(ready)

    return open_it


def deletion(page: Any) -> None:
    settings_tab("data", "[data-part=delete]")(page)
    page.click("[data-part=delete]")
    page.wait_for_selector("#delete-title")


def archived(page: Any) -> None:
    page.click("[data-part=account]")
    page.click(".menu button:has-text('Archived chats')")
    page.wait_for_selector("#archived-title")


def offline(page: Any) -> None:
    page.context.set_offline(True)
    page.wait_for_selector(".banner:has-text('You are offline')")


SIGNED_OUT: dict[str, Callable[[Any], None]] = {"number": number_step, "code": code_step}
SIGNED_IN: dict[str, Callable[[Any], None]] = {
    "new chat": new_chat,
    "conversation": conversation,
    "search": search,
    "menu": menu,
    "renaming": renaming,
    "toast": toast,
    "room settings": room_settings,
    "plans": plans,
    "general": settings_tab("general", "#display-name"),
    "plan": settings_tab("plan", "#panel-plan .facts"),
    "security": settings_tab("security", ".device"),
    "keys": settings_tab("keys", "[data-part=none]:not([hidden])"),
    "data": settings_tab("data", "[data-part=export]"),
    "deletion": deletion,
    "archived": archived,
    "offline": offline,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", SIGNED_OUT)
def test_signing_in_is_accessible(stack: Stack, chromium: Any, state: str, scheme: str) -> None:
    with person(chromium, stack, color_scheme=scheme) as somebody:
        somebody.open()
        SIGNED_OUT[state](somebody.page)
        settle(somebody)
        somebody.look(f"axe-{state}-{scheme}".replace(" ", "-"))
        assert findings(somebody.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", SIGNED_IN)
def test_the_chat_is_accessible(stack: Stack, chromium: Any, user: ApiUser, state: str, scheme: str) -> None:
    sent = user.send(user.room("Some chat"), "Are we nearly there?")
    user.wait_for_reply(sent["id"])
    with person(chromium, stack, color_scheme=scheme) as somebody:
        enter(somebody, user)
        somebody.page.wait_for_selector(".room")
        somebody.page.wait_for_selector("[data-part=account-name]:not(:empty)")
        SIGNED_IN[state](somebody.page)
        settle(somebody)
        somebody.look(f"axe-{state}-{scheme}".replace(" ", "-"))
        assert findings(somebody.page) == []


def settle(somebody: Person) -> None:
    """Wait for the end of transitions: colours between two states have no contrast of their own."""
    somebody.page.evaluate("Promise.all(document.getAnimations().map(each => each.finished.catch(() => 0)))")
