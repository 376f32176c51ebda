"""The turns that are sent alternate, and begin and end with the user's."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gemini.turns import well_formed
from gemini.types import Turn

turns = st.lists(
    st.builds(Turn, role=st.sampled_from(["user", "model"]), text=st.sampled_from(["", "  ", "\n", "one", "two"]))
).map(tuple)


@given(turns)
def test_the_result_alternates_and_begins_and_ends_with_the_user(history: tuple[Turn, ...]) -> None:
    result = well_formed(turns=history)

    assert all(turn.text.strip() for turn in result)
    assert all(one.role != next_one.role for one, next_one in pairwise(result))
    assert not result or result[0].role == result[-1].role == "user"


@given(turns)
def test_nothing_that_the_user_said_is_lost(history: tuple[Turn, ...]) -> None:
    said = [turn.text for turn in history if turn.role == "user" and turn.text.strip()]

    assert [
        text for turn in well_formed(turns=history) if turn.role == "user" for text in turn.text.split("\n\n")
    ] == said


@given(turns)
def test_a_well_formed_conversation_stays_as_it_is(history: tuple[Turn, ...]) -> None:
    result = well_formed(turns=history)

    assert well_formed(turns=result) == result
