"""What stands around an answer: thoughts, sources with their marks, code that was run, formulas."""

import pytest

from tests.api_user import ApiUser
from tests.page.browser import Person
from tests.page.conversation import answer, open_room, wait_for_text, wait_status, write
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(600)]

TEXT = "It rains 🌧️ **in June.** Farmers plan by it."
FIRST = TEXT.index("Farmers")

RAN = [
    {"executableCode": {"language": "PYTHON", "code": "print(6 * 7)"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "42"}},
]


def bytes_until(position: int) -> int:
    return len(TEXT[:position].encode())


def test_thoughts_are_a_folded_line(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    room = user.call("POST", "/chatroom", json={"name": "Thoughts", "show_thoughts": True}).json()["id"]
    open_room(signed_in, room)
    thoughts = "**Reading the question**\n\nIt is about rain."
    stack.double.script({"text": TEXT, "show_thoughts": thoughts, "chunks": 10, "delay": 0.5})
    write(signed_in, "When does it rain?")
    signed_in.page.wait_for_selector(".thoughts.lasts:has-text('Reading the question')")
    signed_in.look("thinking")
    wait_for_text(signed_in, "It rains")
    assert signed_in.page.inner_text(".thought-line") == "Thoughts"
    assert not signed_in.page.is_visible(".thought-text")
    wait_status(signed_in, "done")
    signed_in.page.click(".thoughts summary")
    signed_in.page.wait_for_selector(".thought-text:has-text('It is about rain.')")
    signed_in.page.reload()
    wait_status(signed_in, "done")
    signed_in.page.click(".thoughts summary")
    signed_in.page.wait_for_selector(".thought-text:has-text('It is about rain.')")


def test_sources_stand_below_with_marks_in_the_text(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    room = user.call("POST", "/chatroom", json={"name": "Sources", "search": True}).json()["id"]
    open_room(signed_in, room)
    ground = [
        ["https://example.org/monsoon", 0, bytes_until(FIRST - 1)],
        ["https://weather.example.com/page", bytes_until(FIRST), len(TEXT.encode())],
    ]
    stack.double.script({"text": TEXT, "chunks": 5, "ground": ground})
    write(signed_in, "When does it rain?")
    for _ in range(2):
        wait_status(signed_in, "done")
        signed_in.page.wait_for_selector(".source-mark >> nth=1")
        assert answer(signed_in) == "It rains 🌧️ in June.1 Farmers plan by it.2"
        assert signed_in.page.locator(".source a").evaluate_all("links => links.map(link => link.href)") == [
            "https://example.org/monsoon",
            "https://weather.example.com/page",
        ]
        signed_in.page.click(".source-mark >> nth=1")
        signed_in.page.wait_for_selector(".source[data-number='2'] a:focus")
        signed_in.page.reload()


def test_code_that_was_run_stands_with_its_result(signed_in: Person, user: ApiUser, stack: Stack) -> None:
    stack.double.script({"text": "Let me see. ", "parts": [*RAN, {"text": "So it is 42."}]})
    room = user.room()
    open_room(signed_in, room)
    write(signed_in, "What is six times seven?")
    for _ in range(2):
        wait_status(signed_in, "done")
        signed_in.page.wait_for_selector("[data-ran=code_result]:has-text('42')")
        shown = signed_in.page.locator("[data-part=body] > *").all_inner_texts()
        assert [each.split("\n")[-1] for each in shown] == ["Let me see.", "print(6 * 7)", "42", "So it is 42."]
        signed_in.page.reload()


def test_code_that_was_run_stays_when_the_answer_is_stopped(signed_in: Person, stack: Stack) -> None:
    """The parts of a stopped answer are saved a moment after its text."""
    texts = [{"text": f"w{number:04} "} for number in range(200)]
    stack.double.script({"text": "Let me see. ", "delay": 0.3, "parts": [*RAN, *texts]})
    write(signed_in, "What is six times seven?")
    wait_for_text(signed_in, "w0003")
    signed_in.page.click("[data-part=stop]")
    wait_status(signed_in, "stopped")
    assert signed_in.page.locator("[data-ran]").count() == 2
    assert "w0003" in answer(signed_in)


def test_formulas_and_code_are_shown_as_such(signed_in: Person, stack: Stack) -> None:
    stack.double.script({"text": "Euler: $e^{i\\pi} + 1 = 0$\n\n```python\nfor x in []: pass\n```"})
    write(signed_in, "Show me")
    wait_status(signed_in, "done")
    signed_in.page.wait_for_selector(".prose math msup", state="attached")
    signed_in.page.wait_for_selector(".prose .hljs-keyword")
