"""Requests that take long or fail while a person goes on: nothing is lost, sent twice, or shown in another room."""

import json
from typing import Any

import pytest

from tests.api_user import ApiUser
from tests.page.browser import Person
from tests.page.conversation import note_found, open_room, wait_for_found, wait_status, write
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(600)]

FIELD = "#message-field"


class Held:
    """Requests that wait until they are let go."""

    def __init__(self, page: Any, pattern: str, method: str) -> None:
        self.routes: list[Any] = []
        self._method = method
        page.route(pattern, self._take)
        self._page = page

    def _take(self, route: Any) -> None:
        if route.request.method == self._method:
            self.routes.append(route)
        else:
            route.continue_()

    def wait(self) -> None:
        """Wait for the first request; Playwright takes it during the calls."""
        wait_until(lambda: self._page.evaluate("1") and self.routes, "a request to hold")

    def let_go(self) -> None:
        self._method = ""
        for route in self.routes:
            route.continue_()


def go(person: Person, hash_: str) -> None:
    person.page.evaluate("hash => { history.pushState(null, '', hash); dispatchEvent(new Event('popstate')); }", hash_)


def switch(person: Person, room: int) -> None:
    """Go to another room, without a reload."""
    go(person, f"#/c/{room}")


def shown(person: Person) -> list[str]:
    return list(person.page.locator(".exchange .bubble").all_text_contents())


@pytest.fixture
def long_room(user: ApiUser, stack: Stack) -> tuple[int, list[int]]:
    """A room of two pages and the ids of its messages."""
    stack.double.default(text="Short.")
    room = user.room("Long")
    sent = [user.send(room, f"Message {number}")["id"] for number in range(25)]
    user.wait_for_reply(sent[-1])
    return room, sent


def test_a_search_result_waits_for_older_messages(signed_in: Person, long_room: tuple[int, list[int]]) -> None:
    room, sent = long_room
    open_room(signed_in, room)
    wait_status(signed_in, "done", number=20)
    held = Held(signed_in.page, "**/messages?*cursor=*", "GET")
    note_found(signed_in)
    go(signed_in, f"#/c/{room}/m/{sent[0]}")
    held.wait()
    go(signed_in, f"#/c/{room}/m/{sent[1]}")
    signed_in.page.wait_for_timeout(300)
    assert signed_in.page.evaluate("1 + 1") == 2, "the tab is frozen"
    assert len(held.routes) == 1
    held.let_go()
    wait_for_found(signed_in, sent[1])


def test_failing_older_messages_are_not_asked_for_on_and_on(
    signed_in: Person, long_room: tuple[int, list[int]]
) -> None:
    room, sent = long_room
    open_room(signed_in, room)
    wait_status(signed_in, "done", number=20)
    asked: list[str] = []
    signed_in.page.route(
        "**/messages?*cursor=*", lambda route: (asked.append(route.request.url), route.fulfill(status=500, body="{}"))
    )
    go(signed_in, f"#/c/{room}/m/{sent[0]}")
    wait_until(lambda: signed_in.page.evaluate("1") and asked, "the older messages")
    signed_in.page.wait_for_timeout(1500)  # a page that asks on and on has asked again by now
    assert len(asked) == 1


def test_more_than_a_page_sent_elsewhere_leaves_no_gap(signed_in: Person, stack: Stack, user: ApiUser) -> None:
    stack.double.default(text="Short.")
    room = user.room("Shared")
    user.wait_for_reply(user.send(room, "Message 0")["id"])
    open_room(signed_in, room)
    wait_status(signed_in, "done")
    signed_in.context.set_offline(True)
    signed_in.page.wait_for_selector(".banner:has-text('You are offline')")
    sent = [user.send(room, f"Message {number}")["id"] for number in range(1, 25)]
    user.wait_for_reply(sent[-1])
    signed_in.context.set_offline(False)
    signed_in.page.wait_for_selector(f".exchange[data-id='{sent[-1]}']")
    signed_in.page.hover(".exchange")
    signed_in.page.mouse.wheel(0, -20_000)
    signed_in.page.wait_for_selector(".exchange:nth-child(25)")
    assert shown(signed_in) == [f"Message {number}" for number in range(25)]


def test_a_room_opened_during_the_first_send_stays_open(signed_in: Person, user: ApiUser) -> None:
    other = user.room("Other")
    user.wait_for_reply(user.send(other, "In the other room")["id"])
    signed_in.page.reload()
    held = Held(signed_in.page, "**/chatroom", "POST")
    write(signed_in, "In the new chat")
    held.wait()
    switch(signed_in, other)
    wait_status(signed_in, "done")
    held.let_go()
    wait_until(lambda: len(user.call("GET", "/chatroom").json()) == 2, "the new room")
    signed_in.page.wait_for_selector(".room:nth-child(2)")
    assert signed_in.page.url.endswith(f"#/c/{other}")
    assert shown(signed_in) == ["In the other room"]


def test_a_send_that_takes_long_disturbs_no_other_room(signed_in: Person, user: ApiUser) -> None:
    one, two = user.room("One"), user.room("Two")
    switch(signed_in, two)
    held = Held(signed_in.page, f"**/chatroom/{two}/message", "POST")
    write(signed_in, "Sent in two")
    held.wait()
    switch(signed_in, one)
    signed_in.page.fill(FIELD, "Typed in one")
    held.let_go()
    wait_until(lambda: user.call("GET", f"/chatroom/{two}/messages").json(), "the message of room two")
    switch(signed_in, two)
    wait_status(signed_in, "done")
    wait_until(lambda: signed_in.page.input_value(FIELD) == "", "an empty field: it would be sent again")
    switch(signed_in, one)
    assert signed_in.page.input_value(FIELD) == "Typed in one"


def test_a_repeat_has_the_same_key_in_the_same_room_alone(signed_in: Person, user: ApiUser) -> None:
    one, two = user.room("One"), user.room("Two")
    keys: list[tuple[str, str]] = []

    def lose(route: Any) -> None:
        keys.append((route.request.url.split("/")[-2], route.request.headers["idempotency-key"]))
        route.abort()

    signed_in.page.route("**/message", lose)
    for room in (one, two, one):
        switch(signed_in, room)
        signed_in.page.fill(FIELD, "thanks")
        before = len(keys)
        signed_in.page.press(FIELD, "Enter")
        wait_until(lambda before=before: signed_in.page.evaluate("1") and len(keys) > before, "the request")
        signed_in.page.wait_for_selector("[data-part=notice]:visible")
    assert [room for room, _ in keys] == [str(one), str(two), str(one)]
    assert keys[0][1] == keys[2][1] != keys[1][1]


def test_the_next_user_does_not_see_a_draft(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    signed_in.page.fill(FIELD, "A secret draft")
    user.call("POST", "/auth/logout-all")
    signed_in.page.fill(FIELD, "A secret draft, sent")
    signed_in.page.press(FIELD, "Enter")
    signed_in.page.wait_for_selector("[name=number]")
    signed_in.page.fill("[name=number]", "+919811100011")
    signed_in.page.click("[data-part=submit]")
    signed_in.page.click("[data-part=use-mock]")
    signed_in.page.wait_for_selector(".app")
    assert signed_in.page.input_value(FIELD) == ""


def test_a_deletion_is_completed_before_a_sign_out(signed_in: Person, user: ApiUser) -> None:
    user.room("Goner")
    page = signed_in.page
    page.reload()
    page.locator(".room", has_text="Goner").hover()
    page.locator(".room", has_text="Goner").locator("[data-part=menu]").click()
    page.click(".menu button:has-text('Delete')")
    page.wait_for_selector("#toasts button:has-text('Undo')")
    page.click("[data-part=account]")
    page.click(".menu button:has-text('Sign out')")
    page.wait_for_selector("[name=number]")
    again = signed_in.stack.sql("SELECT count(*) FROM chatrooms_chatroom WHERE user_id = %s", user.id)
    assert again == [(0,)]
    assert page.locator("#toasts > *").count() == 0


def test_a_room_that_did_not_load_is_read_once_it_can_be(signed_in: Person, user: ApiUser) -> None:
    room = user.room()
    user.wait_for_reply(user.send(room, "Hello")["id"])
    signed_in.page.route("**/messages?*", lambda route: route.abort())
    signed_in.page.route("**/livez", lambda route: route.abort())
    switch(signed_in, room)
    signed_in.page.wait_for_selector("[data-part=load-failed]:visible")
    signed_in.page.unroute("**/messages?*")
    signed_in.page.unroute("**/livez")
    wait_status(signed_in, "done")
    assert not signed_in.page.is_visible("[data-part=load-failed]")


def test_a_module_that_does_not_come_is_said(signed_in: Person) -> None:
    page = signed_in.page
    page.route("**/chat/settings*.js", lambda route: route.abort())
    page.click("[data-part=account]")
    page.click(".menu button:has-text('Settings')")
    page.wait_for_selector("#toasts:has-text('cannot be reached')")
    page.unroute("**/chat/settings*.js")
    page.click("#toasts [data-part=action]")
    page.wait_for_selector(".app")
    page.click("[data-part=account]")
    page.click(".menu button:has-text('Settings')")
    page.wait_for_selector("dialog[open]")


def test_a_lost_session_closes_dialogs(signed_in: Person, user: ApiUser) -> None:
    page = signed_in.page
    page.click("[data-part=account]")
    page.click(".menu button:has-text('Settings')")
    page.wait_for_selector("dialog[open]")
    user.call("POST", "/auth/logout-all")
    page.fill("dialog [name=display_name]", "Alice")
    page.click("dialog button[type=submit] >> visible=true")
    page.wait_for_selector("[name=number]")
    assert page.locator("dialog").count() == 0
    page.wait_for_selector("[name=number]:focus")


def test_an_edit_in_progress_stays_and_is_sent_once(signed_in: Person) -> None:
    write(signed_in, "First")
    wait_status(signed_in, "done")
    page = signed_in.page
    page.press(FIELD, "ArrowUp")
    page.fill("[data-part=edit-field]", "Second")
    page.click(FIELD)
    page.press(FIELD, "ArrowUp")
    assert page.input_value("[data-part=edit-field]") == "Second"
    held = Held(page, "**/message/*", "PATCH")
    page.press("[data-part=edit-field]", "Control+Enter")
    page.press("[data-part=edit-field]", "Control+Enter")
    held.wait()
    page.wait_for_timeout(300)
    assert [json.loads(route.request.post_data) for route in held.routes] == [{"content": "Second"}]
    held.let_go()
    page.wait_for_selector(".bubble:has-text('Second')")


def test_pinning_by_keyboard_keeps_the_focus(signed_in: Person, user: ApiUser) -> None:
    for name in ("One", "Two"):
        user.room(name)
    page = signed_in.page
    page.reload()
    page.locator(".room", has_text="One").locator("[data-part=menu]").focus()
    page.keyboard.press("Enter")
    page.locator(".menu button:has-text('Pin')").press("Enter")
    page.wait_for_selector("[data-part=pinned] .room")
    wait_until(
        lambda: page.evaluate("document.activeElement.closest('.room')?.textContent.includes('One') ?? false"),
        "the focus in the room's new row",
    )
