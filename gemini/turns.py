"""The shape of a conversation that Gemini accepts."""

from itertools import dropwhile, groupby

from gemini.types import Turn


def well_formed(*, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Return `turns` without empty ones, with neighbours of one role merged; the first and the last are the user's.

    Some models refuse anything else with 400 "Please ensure that multiturn requests alternate between user and model".
    The result is empty when no user turn has text.
    """
    with_text = [turn for turn in turns if turn.text.strip()]
    from_user = list(dropwhile(_is_model, with_text))
    to_user = list(dropwhile(_is_model, reversed(from_user)))[::-1]
    return tuple(
        Turn(role=role, text="\n\n".join(turn.text for turn in neighbours))
        for role, neighbours in groupby(to_user, key=lambda turn: turn.role)
    )


def _is_model(turn: Turn) -> bool:
    return turn.role == "model"
