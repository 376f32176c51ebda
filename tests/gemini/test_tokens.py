"""Estimates are rather too high than too low."""

import pytest

from gemini.tokens import TURN_OVERHEAD, estimate


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("x" * 4000, 1000), ("नमस्ते", 6), ("你" * 500, 500), ("a你", 2)],
)
def test_four_ascii_characters_or_one_other_make_a_token(text: str, tokens: int) -> None:
    assert estimate(text) == tokens


def test_a_turn_costs_something_even_when_it_is_short() -> None:
    assert TURN_OVERHEAD > 0
