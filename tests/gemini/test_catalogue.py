"""What a call costs, by the price of its day."""

from datetime import date

import pytest

from gemini.catalogue import MODELS, UNKNOWN, cost_of, facts_of
from gemini.types import Usage

NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 29), date(2026, 12, 1), date(2027, 1, 1)


@pytest.mark.parametrize(
    ("model", "day", "usage", "micros"),
    [
        ("gemini-3.8-flash", NOVEMBER, Usage(prompt_tokens=1_000, output_tokens=200), 1_500),
        ("gemini-3.8-flash", JANUARY, Usage(prompt_tokens=1_000, output_tokens=200), 3_000),
        ("gemini-3.8-flash", NOVEMBER, Usage(prompt_tokens=1_000, output_tokens=0, cached_tokens=800), 210),
        ("gemini-3.8-flash", NOVEMBER, Usage(prompt_tokens=1_000, output_tokens=0, tool_tokens=1_000), 1_500),
        ("gemini-4-argon", NOVEMBER, Usage(prompt_tokens=10, output_tokens=10), 120),
        ("gemini-4-argon", DECEMBER, Usage(prompt_tokens=10, output_tokens=10), 240),
        ("gemini-2.5-pro", NOVEMBER, Usage(prompt_tokens=200_000, output_tokens=100), 251_000),
        ("gemini-2.5-pro", NOVEMBER, Usage(prompt_tokens=200_001, output_tokens=100), 501_502),
        ("gemini-2.5-flash-lite", NOVEMBER, Usage(prompt_tokens=None, output_tokens=None), 0),
        ("gemini-9-later", NOVEMBER, Usage(prompt_tokens=10, output_tokens=10), None),
        ("gemini-flash-latest", NOVEMBER, Usage(prompt_tokens=10, output_tokens=10), None),
    ],
)
def test_a_call_costs_what_its_tokens_cost_that_day(model: str, day: date, usage: Usage, micros: int | None) -> None:
    assert cost_of(usage, model=model, on=day) == micros


@pytest.mark.parametrize(
    "version", ["gemini-2.5-flash-001", "gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash-preview"]
)
def test_a_version_has_the_facts_of_its_model(version: str) -> None:
    assert facts_of(version) is MODELS["gemini-2.5-flash"]


@pytest.mark.parametrize("model", ["", "gemini-2.5-flashier", "flash", "gemini-2.5-flash-image"])
def test_another_model_gets_safe_defaults(model: str) -> None:
    assert facts_of(model) is UNKNOWN


def test_the_catalogue_is_consistent() -> None:
    for name, facts in MODELS.items():
        days = [price.since for price in facts.prices]
        assert days == sorted(set(days)), name
        assert not facts.replacement or facts_of(facts.replacement).is_known, name
        assert list(facts.levels) == sorted(facts.levels, key=list(type(facts.default_thinking)).index), name
