"""Password rules: long, not common, not one's own number, and nothing about composition (NIST SP 800-63B-4)."""

import re
import unicodedata
from itertools import pairwise
from typing import Final

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

SHORTEST: Final = 15
"""Characters, since a password alone signs in here."""

LONGEST: Final = 128
"""Characters; 63B asks for at least 64 to be allowed."""

CONTEXT: Final = frozenset({"kuvaka", "gemini", "chatroom"})
"""Words that this service suggests."""

FEWEST_KINDS: Final = 5
"""Different characters that a password holds."""

RUNS: Final = ("qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "1234567890")
"""Rows of keyboards."""

TAIL: Final = 8
"""Digits at the end of a number by which it is known again, with or without its country code."""

_ENDS: Final = re.compile(r"^[\d\W_]+|[\d\W_]+$")
_BETWEEN: Final = re.compile(r"[\W_]+")


LONGEST_TYPED: Final = 1024
"""Code points before normalisation."""


def normalised(password: str) -> str:
    """Return the one form of a password that is checked and hashed: NFKC, as 63B asks, whatever a keyboard sent.

    One that is too long anyway is left as it is: to normalise many combining marks takes quadratic time, a second for
    60 kB, in which nothing else of the process runs.
    """
    if len(password) > LONGEST_TYPED:
        return password
    return unicodedata.normalize("NFKC", password)


class LengthValidator:
    """Asks for 15 to 128 characters (code points, after normalisation); nothing is ever cut off."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Pass a password of the right length.

        Raises:
            ValidationError: `password_too_short` or `password_too_long`.
        """
        length = len(normalised(password))
        if length < SHORTEST:
            raise ValidationError(f"At least {SHORTEST} characters: a few words, say.", code="password_too_short")
        if length > LONGEST:
            raise ValidationError(f"At most {LONGEST} characters.", code="password_too_long")

    def get_help_text(self) -> str:
        """Say the rule, for the admin's forms."""
        return f"{SHORTEST} to {LONGEST} characters."


class CommonValidator(CommonPasswordValidator):
    """Refuses common passwords, context words and patterns, and what repeating or padding makes of one."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Pass a password that a list of likely guesses would not hold.

        Raises:
            ValidationError: `password_too_common`.
        """
        text = normalised(password).casefold()
        unit = _repeated_unit(text)
        forms = {text, _BETWEEN.sub("", text), _ENDS.sub("", text)}
        guesses = {unit * 2, *forms, *map(_repeated_unit, forms)}
        if guesses & (self.passwords | CONTEXT) or len(set(text)) < FEWEST_KINDS or _is_run(text) or _is_run(unit):
            raise ValidationError("This password is too easy to guess.", code="password_too_common")


class OwnNumberValidator:
    """Refuses a password with the account's own phone number in it."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Pass a password that does not hold the number; without a user there is none to compare.

        Raises:
            ValidationError: `password_has_number`.
        """
        tail = re.sub(r"\D", "", user.get_username())[-TAIL:] if user else ""
        if tail and tail in re.sub(r"\D", "", normalised(password)):
            raise ValidationError("Leave your phone number out of it.", code="password_has_number")

    def get_help_text(self) -> str:
        """Say the rule, for the admin's forms."""
        return "Not your phone number."


def _repeated_unit(text: str) -> str:
    """Return the shortest text that `text` repeats at least twice (the last time perhaps cut short), or `text`."""
    for length in range(1, len(text) // 2 + 1):
        if text == (text[:length] * (len(text) // length + 1))[: len(text)]:
            return text[:length]
    return text


def _is_run(text: str) -> bool:
    """Tell whether it runs along a keyboard or the alphabet, either way."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    along = any(text in run * 3 or text[::-1] in run * 3 for run in RUNS)
    return along or (len(text) > 1 and steps in ({1}, {-1}))
