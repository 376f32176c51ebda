"""The title that is cut out of a model's reply."""

import pytest

from gemini.prompts import title_of


@pytest.mark.parametrize(
    ("reply", "title"),
    [
        ('```json {"title": "In JSON"} ```', "In JSON"),
        ('```json\n{"title": "In JSON"}\n```', "In JSON"),
        ('{"title": "In JSON"}', "In JSON"),
        ("<think>What would fit?\nYes.</think>\nRain", "Rain"),
        ("Learning C#", "Learning C#"),
        ("`code` and more", "`code` and more"),
        ("“A” and “B”", "“A” and “B”"),
        ("**Bold**", "Bold"),
        ("# “Heading.”", "Heading"),
        ("می\u200cخواهم بروم", "می\u200cخواهم بروم"),  # noqa: RUF001
        ("ශ්\u200dරී ලංකා", "ශ්\u200dරී ලංකා"),
        ("👨\u200d👩\u200d👧 Family", "👨\u200d👩\u200d👧 Family"),
        ("\u200d", ""),
    ],
)
def test_a_title_loses_its_markup_and_keeps_its_spelling(reply: str, title: str) -> None:
    assert title_of(reply) == title
