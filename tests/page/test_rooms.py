"""The list of chats at the side."""

import time
from typing import Any

import pytest

from tests.api_user import ApiUser
from tests.page.browser import AHEAD, Person
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(300)]


TO_THE_END = "document.querySelector('.side-scroll').scrollTo(0, 1e6)"


def row(page: Any, name: str) -> Any:
    return page.locator(".room", has_text=name)


def act(page: Any, name: str, action: str) -> None:
    """Choose an action from a room's menu."""
    row(page, name).hover()
    row(page, name).locator("[data-part=menu]").click()
    page.click(f".menu button:has-text('{action}')")


def rooms_of(user: ApiUser, query: str = "") -> dict[str, Any]:
    return {room["name"]: room for room in user.call("GET", f"/chatroom?limit=100{query}").json()}


def shown(page: Any) -> list[str]:
    return list(page.locator(".side-scroll .room a").all_text_contents())


def test_a_room_is_renamed_in_place(signed_in: Person, user: ApiUser) -> None:
    user.room("Old name")
    page = signed_in.page
    page.reload()
    act(page, "Old name", "Rename")
    page.keyboard.type("New name")
    page.keyboard.press("Enter")
    wait_until(lambda: "New name" in rooms_of(user), "the new name")
    act(page, "New name", "Rename")
    page.keyboard.type("Never kept")
    page.keyboard.press("Escape")
    assert shown(page) == ["New name"]
    assert list(rooms_of(user)) == ["New name"]


def test_pinned_rooms_come_first(signed_in: Person, user: ApiUser) -> None:
    for name in ("One", "Two", "Three"):
        user.room(name)
    page = signed_in.page
    page.reload()
    act(page, "One", "Pin")
    page.wait_for_selector("[data-part=pinned] .room:has-text('One')")
    assert shown(page) == ["One", "Three", "Two"]
    act(page, "One", "Unpin")
    page.wait_for_selector("[data-part=rooms] .room:has-text('One')")
    wait_until(lambda: rooms_of(user)["One"]["pinned"] is False, "the end of the pin")


def test_a_room_is_archived_and_brought_back(signed_in: Person, user: ApiUser) -> None:
    user.room("Keep")
    user.room("Put away")
    page = signed_in.page
    page.reload()
    act(page, "Put away", "Archive")
    page.wait_for_selector(".toast:has-text('Archived')")
    wait_until(lambda: shown(page) == ["Keep"], "the list without it")
    page.click("[data-part=account]")
    page.click(".menu button:has-text('Archived chats')")
    page.click("dialog [data-part=restore]")
    page.wait_for_selector("dialog [data-part=empty]:not([hidden])")
    page.keyboard.press("Escape")
    row(page, "Put away").wait_for()
    wait_until(lambda: set(rooms_of(user)) == {"Keep", "Put away"}, "both rooms")


def test_a_deletion_can_be_undone(signed_in: Person, user: ApiUser) -> None:
    user.room("Not so fast")
    page = signed_in.page
    page.reload()
    act(page, "Not so fast", "Delete")
    row(page, "Not so fast").wait_for(state="detached")
    page.click(".toast [data-part=action]")
    row(page, "Not so fast").wait_for()
    assert list(rooms_of(user)) == ["Not so fast"]


def test_a_deletion_that_is_not_undone_happens(signed_in: Person, user: ApiUser) -> None:
    room = user.room("Gone")
    page = signed_in.page
    page.goto(f"{signed_in.stack.url}/#/c/{room}")
    page.reload()
    act(page, "Gone", "Delete")
    wait_until(lambda: page.evaluate("location.hash") == "#/", "a new chat")
    page.click(".toast [data-part=close]")
    wait_until(lambda: rooms_of(user) == {}, "the deletion")


def test_a_deletion_happens_when_the_page_is_closed(signed_in: Person, user: ApiUser) -> None:
    user.room("Gone")
    page = signed_in.page
    page.reload()
    act(page, "Gone", "Delete")
    page.wait_for_selector(".toast")
    page.close()
    wait_until(lambda: rooms_of(user) == {}, "the deletion")


def test_search_shows_highlighted_snippets_and_opens_them(signed_in: Person, user: ApiUser) -> None:
    room = user.room("Travels")
    sent = user.send(room, "The maples of Kyoto are red in November <b>always</b>")
    user.wait_for_reply(sent["id"])
    page = signed_in.page
    page.reload()
    page.wait_for_selector(".room")
    page.fill("[data-part=search]", "kyoto")
    page.wait_for_selector(".found mark:has-text('Kyoto')")
    assert "<b>always</b>" in "".join(page.locator(".found-snippet").all_text_contents())
    signed_in.look("search")
    page.locator(".found a", has_text="maples").first.click()
    wait_until(lambda: page.evaluate("location.hash") == f"#/c/{room}/m/{sent['id']}", "the message's address")
    page.fill("[data-part=search]", "xylophone")
    page.wait_for_selector("[data-part=found-heading]:has-text('Nothing found')")
    page.press("[data-part=search]", "Escape")
    row(page, "Travels").wait_for()


def test_the_list_goes_on_while_one_scrolls(signed_in: Person, user: ApiUser) -> None:
    for number in range(95):
        user.room(f"Room {number}")
    page = signed_in.page
    page.reload()
    page.wait_for_selector(".room")
    assert len(shown(page)) < 95

    def at_the_end() -> bool:
        page.evaluate(TO_THE_END)
        return len(shown(page)) == 95

    wait_until(at_the_end, "all rooms")
    assert len(set(shown(page))) == 95


HEARD_LATE = """
const Real = IntersectionObserver;
window.IntersectionObserver = class extends Real {
  constructor(run, options) {
    super((entries, observer) => run([{ ...entries[0], isIntersecting: false }, ...entries], observer), options);
  }
};
"""
"""An observer that tells of an earlier change together with the last one, as a browser does whose page was busy."""


def test_several_changes_at_once_do_not_end_the_list(signed_in: Person, user: ApiUser) -> None:
    for number in range(45):
        user.room(f"Room {number}")
    page = signed_in.page
    page.add_init_script(HEARD_LATE)
    page.reload()
    page.wait_for_selector(".room")
    page.evaluate(TO_THE_END)
    page.wait_for_selector(".room:nth-child(45)", state="attached")


def test_a_page_that_fails_is_asked_for_when_the_server_says(signed_in: Person, user: ApiUser) -> None:
    for number in range(45):
        user.room(f"Room {number}")
    page, asked = signed_in.page, []

    def refuse(route: Any) -> None:
        asked.append(route)
        route.fulfill(status=503, headers={"Retry-After": "30"}, json={"code": "busy"})

    page.route("**/chatroom?*cursor*", refuse)
    page.clock.install()
    page.reload()
    page.wait_for_selector(".room")
    page.clock.pause_at(time.time() + AHEAD)
    page.evaluate(TO_THE_END)
    wait_until(lambda: page.evaluate("1") and asked, "the second page")
    page.wait_for_timeout(500)  # a page that asks at once has asked many times by now
    assert len(asked) == 1
    page.clock.run_for(29_000)
    page.wait_for_timeout(500)
    assert len(asked) == 1
    page.unroute("**/chatroom?*cursor*")
    page.clock.run_for(2_000)
    page.wait_for_selector(".room:nth-child(45)", state="attached")


def test_a_page_of_the_list_that_comes_too_late_is_read_again(signed_in: Person, user: ApiUser) -> None:
    """Another tab made the list begin anew meanwhile: what lies between would be missing otherwise."""
    for number in range(95):
        user.room(f"Room {number}")
    page, held = signed_in.page, []
    other = signed_in.new_tab()
    page.route("**/chatroom?*cursor*", lambda route: held.append(route))
    page.reload()
    page.wait_for_selector(".room")
    page.evaluate(TO_THE_END)
    wait_until(lambda: page.evaluate("1") and held, "the second page")
    held.pop(0).continue_()
    page.wait_for_selector(".room:nth-child(80)", state="attached")
    page.evaluate(TO_THE_END)
    wait_until(lambda: page.evaluate("1") and held, "the third page")
    act(other, "Room 90", "Pin")
    page.wait_for_selector("[data-part=pinned] .room")
    held.pop(0).continue_()
    page.unroute("**/chatroom?*cursor*")

    def at_the_end() -> bool:
        page.evaluate(TO_THE_END)
        return len(shown(page)) == 95

    wait_until(at_the_end, "all rooms")


def test_two_tabs_show_the_same_rooms(signed_in: Person, user: ApiUser) -> None:
    user.room("Here and there")
    signed_in.page.reload()
    other = signed_in.new_tab()
    row(other, "Here and there").wait_for()
    act(signed_in.page, "Here and there", "Rename")
    signed_in.page.keyboard.type("Everywhere")
    signed_in.page.keyboard.press("Enter")
    row(other, "Everywhere").wait_for()


def test_a_room_that_is_gone_leads_to_a_new_chat(signed_in: Person) -> None:
    signed_in.open("#/c/999999999")
    signed_in.page.reload()
    signed_in.page.wait_for_selector(".toast:has-text('no longer exists')")
    wait_until(lambda: signed_in.page.evaluate("location.hash") == "#/", "a new chat")


@pytest.mark.parametrize("address", ["#/x", "#/c/-1", "#/c/1/m/x"])
def test_an_address_of_nothing_leads_to_a_new_chat(signed_in: Person, address: str) -> None:
    signed_in.open(address)
    signed_in.page.wait_for_selector("#composer textarea, .composer-box textarea")
    wait_until(lambda: signed_in.page.evaluate("location.hash") == "#/", "the address of a new chat")


def test_the_settings_of_a_room_are_kept(signed_in: Person, user: ApiUser) -> None:
    room = user.room("Tuned")
    signed_in.open(f"#/c/{room}")
    page = signed_in.page
    page.reload()
    page.click("[data-part=room-settings]")
    page.fill("[name=system_instruction]", "Answer in one line.")
    page.check("[name=own_temperature]")
    page.fill("[name=temperature]", "0.3")
    page.select_option("[name=thinking]", "low")
    page.check("[name=show_thoughts]")
    signed_in.look("room-settings")
    page.click("dialog [data-part=submit]")
    page.wait_for_selector(".toast:has-text('Saved')")
    kept = user.call("GET", f"/chatroom/{room}").json()
    found = {name: kept[name] for name in ("system_instruction", "temperature", "thinking", "show_thoughts", "search")}
    assert found == {
        "system_instruction": "Answer in one line.",
        "temperature": 0.3,
        "thinking": "low",
        "show_thoughts": True,
        "search": False,
    }
