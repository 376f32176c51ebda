"""Sources name the exact text that rests on them: Google counts bytes, clients count code points."""

import random
from typing import Any

import pytest
from pytest_django import Settings

from gemini.sources import MAX_SOURCES, References, Source
from gemini.types import Chunk, Page, Reference, Span, Support
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import reply_to

WORDS = {
    "English": ["The", "river", "is", "long,", "and", "it's", "wide."],
    "Hindi": ["नदी", "बहुत", "लंबी", "है,", "और", "चौड़ी", "भी।"],
    "Japanese": ["川は", "とても", "長い。", "そして", "広い", "です。"],
    "emoji": ["👩‍👧", "🏞️", "🇮🇳", "says", "🙏🏽", "é", "e\u0301"],
}
URL = "https://example.com/{}"


def bytes_of(text: str) -> int:
    return len(text.encode())


@pytest.mark.parametrize("language", WORDS)
def test_each_span_is_exactly_its_text(language: str) -> None:
    seed = random.Random(language)
    for _ in range(125):
        words = [seed.choice(WORDS[language]) for _ in range(seed.randint(1, 60))]
        text = " ".join(words)
        ranges = [sorted(seed.sample(range(len(words) + 1), 2)) for _ in range(5)] if len(words) > 1 else [[0, 1]]
        wanted = [" ".join(words[start:end]) for start, end in ranges]
        starts = [len(" ".join([*words[:start], ""])) for start, _ in ranges]
        found = References()
        for number, (start, passage) in enumerate(zip(starts, wanted, strict=True)):
            begin = bytes_of(text[:start])
            span = Span(start=begin, end=begin + bytes_of(passage), text=passage if seed.random() < 0.5 else "")
            found.read(Chunk(pages=(Page(url=URL.format(number)),), supports=(Support(span=span, pages=(number,)),)))
        sources = found.sources_in(text)
        assert [text[start:end] for source in sources for start, end in source.spans] == wanted


def test_pages_are_counted_across_events_and_repeated_lists_once() -> None:
    one, two = Page(url=URL.format(1), title="One"), Page(url=URL.format(2), title="Two")
    support = Support(span=Span(start=0, end=3), pages=(0, 1))
    for events in ([Chunk(pages=(one,)), Chunk(pages=(two,))], [Chunk(pages=(one,)), Chunk(pages=(one, two))]):
        found = References()
        for event in [*events, Chunk(supports=(support,))]:
            found.read(event)
        assert found.sources_in("All of it") == (
            Source(url=one.url, title="One", spans=((0, 3),)),
            Source(url=two.url, title="Two", spans=((0, 3),)),
        )


@pytest.mark.parametrize(
    "span", [Span(start=5, end=2), Span(start=0, end=99), Span(start=1, end=3), Span(start=0, end=3, text="not there")]
)
def test_an_impossible_span_is_left_out_and_its_source_stays(span: Span) -> None:
    found = References()
    found.read(Chunk(citations=(Reference(page=Page(url=URL.format(1)), spans=(span,)),)))
    assert found.sources_in("éé") == (Source(url=URL.format(1), title="", spans=()),)


def test_a_passage_that_moved_is_found_by_its_text() -> None:
    found = References()
    span = Span(start=9, end=13, text="here")
    found.read(Chunk(citations=(Reference(page=Page(url=URL.format(1)), spans=(span,)),)))
    assert found.sources_in("It is here.")[0].spans == ((6, 10),)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "https://example.com/" + "x" * 2_000])
def test_an_address_that_no_page_has_is_no_source(url: str) -> None:
    found = References()
    for _ in range(2):
        found.read(Chunk(pages=(Page(url=url),)))
    assert (found.sources_in("Text"), found.left_out) == ((), 1)


def test_sources_that_are_too_many_are_counted() -> None:
    found = References()
    found.read(Chunk(pages=tuple(Page(url=URL.format(number)) for number in range(MAX_SOURCES + 7))))
    assert (len(found.sources_in("Text")), found.left_out) == (MAX_SOURCES, 7)


def test_the_sources_of_a_search_come_with_the_reply(double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_CLIENT = "google-genai"
    text = "गंगा लंबी है। It is 2,525 km long. 👍"
    passage = "It is 2,525 km long."
    start = bytes_of(text[: text.index(passage)])
    ground: list[Any] = [[URL.format(1), start, start + bytes_of(passage)], [URL.format(2), 0, bytes_of("गंगा")]]
    double.default(text=text, ground=ground)

    reply, stream = reply_to("How long is it?", search=True)
    assert [[reply[start:end] for start, end in source.spans] for source in stream.references.sources_in(reply)] == [
        [passage],
        ["गंगा"],
    ]
    assert stream.search_suggestions == "<div>Suggestions</div>"

    reply, stream = reply_to("How long is it?")
    assert stream.references.sources_in(reply) == ()
    assert [call["searches"] for call in double.calls()] == [True, False]
