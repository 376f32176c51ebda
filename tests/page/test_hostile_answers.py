"""Hostile answers through the whole stack: no script runs, no request leaves, and the page stays usable."""

import pytest

from tests.api_user import ApiUser
from tests.page.browser import Person
from tests.page.conversation import open_room, wait_status, write
from tests.page.hostile import HOSTILE
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(900)]

ON_SCREEN = ".exchange[data-status=done][aria-busy=false]"

WATCH = """
window.ran = [];
window.violations = [];
for (const name of ["alert", "prompt", "confirm"]) window[name] = () => window.ran.push(name);
addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


def test_no_hostile_answer_gets_through(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    assert len(HOSTILE) >= 30
    room = user.room()
    for name, text in HOSTILE.items():
        stack.double.script({"text": text, "chunks": 7})
        user.wait_for_reply(user.send(room, name)["id"])
    signed_in.page.add_init_script(WATCH)
    signed_in.requests.clear()
    open_room(signed_in, room)

    def all_after_scrolling_up() -> bool:
        signed_in.page.evaluate("document.querySelector('.scroller').scrollTop = 0")
        return bool(signed_in.page.locator(ON_SCREEN).count() == len(HOSTILE))

    wait_until(all_after_scrolling_up, "all answers")
    _nothing_happened(signed_in)


def test_no_hostile_answer_gets_through_live(signed_in: Person, stack: Stack) -> None:
    signed_in.page.add_init_script(WATCH)
    signed_in.page.reload()
    text = "\n\n".join(HOSTILE[name] for name in HOSTILE if len(HOSTILE[name]) < 1000)
    stack.double.script({"text": text, "chunks": 60, "delay": 0.02})
    write(signed_in, "All of it")
    wait_status(signed_in, "done")
    _nothing_happened(signed_in)
    assert signed_in.page.locator(".prose script, .prose img, .prose iframe, .prose style, .prose form").count() == 0
    signed_in.look("hostile")


def test_200_000_characters_are_survived(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    rows = "| a cell | <img src=x> | **b** |\n" * 3000
    text = f"| a | b | c |\n|---|---|---|\n{rows}\n\n" + "Word *and* `code`. " * 6000
    stack.double.script({"text": text, "chunks": 300})
    stack.set_tier(max_output_tokens=65_000)
    try:
        write(signed_in, "A lot")
        wait_status(signed_in, "done", seconds=300)
        assert len(text) > 200_000
        signed_in.page.wait_for_selector(".prose tbody tr:nth-child(3000)", state="attached")
        write(signed_in, "Still there?")
        wait_status(signed_in, "done", number=2)
    finally:
        stack.set_tier(max_output_tokens=2048)


def test_suggestions_stand_in_a_frame_without_scripts(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    room = user.call("POST", "/chatroom", json={"name": "Search", "search": True}).json()["id"]
    stack.double.script({"text": "Rain falls.", "ground": [["https://example.org/rain", 0, 11]]})
    message = user.wait_for_reply(user.send(room, "Rain?")["id"])
    hostile = (
        "<style>.chip { color: rgb(1, 2, 3) } body { background: url(https://elsewhere.invalid/a.png) }</style>"
        "<a class=chip href=https://example.org/q onclick='top.ran.push(1)'>rain</a>"
        "<script>top.ran.push(2)</script><img src=https://elsewhere.invalid/b.png onerror='top.ran.push(3)'>"
    )
    stack.sql(
        "UPDATE chatrooms_message SET parts = (SELECT jsonb_agg(CASE WHEN part ->> 'type' = 'search_suggestions'"
        " THEN part || jsonb_build_object('html', %s::text) ELSE part END) FROM jsonb_array_elements(parts) part)"
        " WHERE id = %s",
        hostile,
        message["reply"]["id"],
    )
    signed_in.page.add_init_script(WATCH)
    open_room(signed_in, room)
    signed_in.page.frame_locator(".suggestions-frame").get_by_text("rain", exact=True).wait_for()
    frame = signed_in.page.wait_for_selector(".suggestions-frame").content_frame()
    assert frame.evaluate("document.body.innerText.trim()") == "rain"
    assert signed_in.page.get_attribute(".suggestions-frame", "sandbox").count("allow-scripts") == 0
    assert frame.evaluate("getComputedStyle(document.querySelector('.chip')).color") == "rgb(1, 2, 3)"
    _nothing_happened(signed_in)


def _nothing_happened(person: Person) -> None:
    """Nothing ran, nothing was asked of another host, and the policy had nothing to stop."""
    assert person.page.evaluate("window.ran") == []
    assert person.page.evaluate("window.violations") == []
    origins = (person.stack.url, f"http://127.0.0.1:{person.stack.stream_port}", "blob:")
    assert [url for url in person.requests if not url.startswith(origins)] == []
