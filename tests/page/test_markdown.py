"""The page's Markdown, in a bare page: how it grows, what it shows, and what it does not let through."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.page import bare
from tests.page.hostile import HOSTILE

pytestmark = [pytest.mark.faults, pytest.mark.needs_chromium, pytest.mark.timeout(300)]

HELPERS = (Path(__file__).parent / "markdown_helpers.js").read_text()

BITS = [
    *("# Title\n", "para **bold** text `code` and\nmore text\n", "\n\n", "- item\n", "- item two\n  continued\n", "\n"),
    *(
        "  1. nested\n",
        "```py\nprint(1)\n\nx\n",
        "```\n",
        "| a | b |\n",
        "|---|---|\n",
        "| 1 | 2 |\n",
        "> quote\n",
        "> - q\n",
    ),
    *(
        "$$\nx^2\n$$\n",
        "\\[ y \\]\n",
        "text $z$ more $5\n",
        "[ref]: https://e.org\n",
        "see [ref] here\n",
        "===\n",
        "---\n",
    ),
    *("<div>\n", "</div>\n", "<!-- c\n", "-->\n", "    indented\n", "\tTab\n", "1. a\n", "2. b\n", "#", "* ", "`", "*"),
    *("[x](https://a.b)", "- [ ] task\n", "नमस्ते 🌧️ ", "مرحبا\n", "\r\n"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with bare.served() as url:
        yield url


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    """A bare page; what it asks for and what it complains of are in `page.seen` and `page.errors`."""
    page = chromium.new_page()
    page.seen, page.errors = [], []
    page.on("request", lambda request: page.seen.append(request.url))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(f"{address}/bare")
    page.evaluate(HELPERS)
    yield page
    page.close()


def whole(page: Any, text: str) -> str:
    return str(page.evaluate("text => kuvaka.whole(text)", text))


def test_a_text_that_grows_ends_as_one_rendering(page: Any) -> None:
    found = page.evaluate("([bits, count]) => kuvaka.compare(bits, count)", [BITS, 250])
    assert found["different"] == []
    assert found["again"] < found["rendered"] / 50


def test_the_sections_of_a_long_text_that_grows_too(page: Any) -> None:
    paragraphs = [f"Paragraph {number}.\n\n" for number in range(20)]
    found = page.evaluate("([bits, count]) => kuvaka.compare(bits, count, 120)", [paragraphs + BITS[:5], 8])
    assert found["different"] == []
    assert found["sections"] > 8


def test_a_finished_block_is_never_rendered_again(page: Any) -> None:
    paragraphs = 60
    text = "".join(f"Paragraph **{number:02}** with some words.\n\n" for number in range(paragraphs))
    rendered = page.evaluate("text => kuvaka.leavesRendered(text, text.indexOf('\\n\\n') + 2)", text)
    assert rendered == paragraphs


def test_tables_lists_code_and_tasks(page: Any) -> None:
    made = whole(page, "| a | b |\n|:-:|--:|\n| 1 | **2** |\n\n1. x\n   - y\n\n```js\nlet a;\n```\n\n- [x] done\n")
    assert '<th dir="auto" class="align-center">a</th>' in made
    assert "<strong>2</strong></td>" in made
    assert made.count("<ul") == 2
    assert 'data-language="js"' in made
    assert 'class="task done"' in made


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("$x^2$ and \\(y\\)", ["x^2", "y"]),
        ("$$\n\\frac{1}{2}\n$$", ["\\frac{1}{2}"]),
        ("from $5 to $10", []),
        ("`$x$` and \\$3", []),
        ("costs US$20, then US$30", []),
    ],
)
def test_formulas_are_told_from_prices(page: Any, text: str, formulas: list[str]) -> None:
    assert page.evaluate("text => kuvaka.formulas(text)", text) == formulas


def test_formulas_become_mathml(page: Any) -> None:
    made = page.evaluate(
        "text => kuvaka.maths(text)", "$\\frac{a}{b}$ and $\\href{javascript:alert(1)}{x}$ and $\\nope{$"
    )
    assert "<mfrac>" in made
    assert "href" not in made.replace("\\href", "")
    assert page.errors == []


def test_code_is_coloured(page: Any) -> None:
    made = page.evaluate("text => kuvaka.colours(text)", "```python\ndef f(): return '</code><img src=x>'\n```")
    assert "hljs-keyword" in made
    assert "<img" not in made


def test_blocks_know_their_direction(page: Any) -> None:
    made = whole(page, "مرحبا\n\n- नमस्ते\n\n```\ncode\n```")
    assert made.count('dir="auto"') >= 3
    assert 'class="code-block" dir="ltr"' in made


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_hostile_gets_through(page: Any, name: str) -> None:
    before = len(page.seen)
    checked = page.evaluate("text => kuvaka.hostile(text)", HOSTILE[name])
    assert checked == {"forbidden": [], "links": [], "ran": False}
    assert [url for url in page.seen[before:] if "/vendor/" not in url and not url.endswith(".js")] == []
    assert page.errors == []


def test_marks_stand_at_their_code_points(page: Any) -> None:
    text = "Rain 🌧️ falls. **It is wet.** More."
    spans = [[0, len("Rain 🌧️ falls.")], [0, len("Rain 🌧️ falls. **It is wet.**")]]
    sources = json.dumps([{"type": "source", "url": "https://a.b", "spans": [span]} for span in spans])
    assert page.evaluate("([text, sources]) => kuvaka.marked(text, JSON.parse(sources))", [text, sources]) == (
        "Rain 🌧️ falls.[1] It is wet.[2] More."
    )


def test_marks_break_no_markup(page: Any) -> None:
    text = (
        "- one **bold** item\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[link](https://example.org/x) and `code` end."
    )
    plain = page.evaluate("text => kuvaka.textOf(text)", text)
    for at in range(len(text) + 1):
        sources = json.dumps([{"type": "source", "url": "https://a.b", "spans": [[0, at]]}])
        shown = page.evaluate("([text, sources]) => kuvaka.marked(text, JSON.parse(sources))", [text, sources])
        assert "\ufffc" not in shown
        if "[1]" in shown:
            assert len(shown) <= len(plain) + 12, (at, shown)
