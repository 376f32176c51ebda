"""The shape of a conversation that Gemini accepts."""

from itertools import dropwhile, groupby
from typing import Literal

from gemini.types import Turn


def well_formed(*, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Return `turns` without empty ones, with neighbours of one role merged; the first and the last are the user's.

    Some models refuse anything else with 400 "Please ensure that multiturn requests alternate between user and model".
    The result is empty when no user turn has text or media.
    """
    filled = [turn for turn in turns if turn.text.strip() or turn.media]
    from_user = list(dropwhile(_is_model, filled))
    to_user = list(dropwhile(_is_model, reversed(from_user)))[::-1]
    return tuple(_merged(role, list(turns)) for role, turns in groupby(to_user, key=lambda turn: turn.role))


def _merged(role: Literal["user", "model"], turns: list[Turn]) -> Turn:
    return Turn(
        role=role,
        text="\n\n".join(turn.text for turn in turns),
        media=tuple(media for turn in turns for media in turn.media),
    )


def _is_model(turn: Turn) -> bool:
    return turn.role == "model"
