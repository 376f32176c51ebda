"""Estimates of how many tokens a text costs, without a call."""

from gemini.types import Prompt

# Role and separators of one turn; on the safe side of the 2 to 3 that count_tokens shows for an empty turn.
TURN_OVERHEAD = 4

# "A token is equivalent to about 4 characters": https://ai.google.dev/gemini-api/docs/tokens. That holds for English.
ASCII_CHARACTERS_PER_TOKEN = 4

# At the default resolution of Gemini 3 (https://ai.google.dev/gemini-api/docs/media-resolution). Audio counts 32 a
# second for Gemini 2.5 and 25 for later models.
TOKENS_PER_PICTURE, TOKENS_PER_PAGE, TOKENS_PER_SECOND_OF_AUDIO = 1_120, 560, 32


def estimate(text: str) -> int:
    """Return an upper estimate of the tokens in `text`, without the overhead of a turn.

    Other scripts than Latin take up to a token per character, so each non-ASCII character counts as one; for Hindi that
    is about three times too much, which a budget can bear.
    """
    ascii_characters = len(text.encode("ascii", "ignore"))
    return -(-ascii_characters // ASCII_CHARACTERS_PER_TOKEN) + len(text) - ascii_characters


def estimate_prompt(prompt: Prompt) -> int:
    turns = sum(TURN_OVERHEAD + estimate(turn.text) for turn in prompt.turns)
    media = sum(media.tokens for turn in prompt.turns for media in turn.media)
    return estimate(prompt.system_instruction) + turns + media
