"""How many tokens a text will cost, guessed without a call."""

# Role and separators of one turn; on the safe side of the 2 to 3 that count_tokens shows for an empty turn.
TURN_OVERHEAD = 4

# "A token is equivalent to about 4 characters": https://ai.google.dev/gemini-api/docs/tokens. That holds for English.
ASCII_CHARACTERS_PER_TOKEN = 4


def estimate(text: str) -> int:
    """Return an upper guess of the tokens in `text`, without the overhead of a turn.

    Other scripts than Latin take up to a token a character, so each non-ASCII character counts as one; for Hindi that
    is about three times too much, which a budget can bear.
    """
    ascii_characters = len(text.encode("ascii", "ignore"))
    return -(-ascii_characters // ASCII_CHARACTERS_PER_TOKEN) + len(text) - ascii_characters
