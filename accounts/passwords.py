"""Password rules: long, not common, not one's own number, and nothing about composition (NIST SP 800-63B-4)."""

import math
import re
import threading
import unicodedata
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from accounts import hashing

SHORTEST: Final = 15
"""Characters, since a password alone signs in here."""

LONGEST: Final = 128
"""Characters; 63B asks for at least 64 to be allowed."""

CONTEXT: Final = frozenset({"kuvaka", "gemini", "chatroom"})
"""Words that this service suggests."""

MIN_GUESSES: Final = 10**10
"""By zxcvbn's estimate: where its best score begins."""

MIN_GUESSES_JOINED: Final = 10**8
"""Without white space and punctuation, to which zxcvbn gives much: `pass-word_pass word` is 10**16 with them."""

FEWEST_KINDS: Final = 5
"""Different characters that a password holds; zxcvbn counts ten guesses for each of two letters in no order."""

PART: Final = 64
"""Characters that are estimated at once: zxcvbn takes quadratic time, at most 0.1 s for these."""

SUBSTITUTIONS: Final = {"a": ["@"], "e": ["3"], "i": ["1"], "o": ["0"], "s": ["$"]}
"""Replaces zxcvbn's table, which has several characters for a letter: zxcvbn checks all their combinations,
and 64 malicious characters take minutes."""

TAIL: Final = 8
"""Digits at the end of a phone number that identify it, with or without its country code."""

_ENDS: Final = re.compile(r"^[\d\W_]+|[\d\W_]+$")
_BETWEEN: Final = re.compile(r"[\s!-/:-@\[-`{-~]+")
"""White space and ASCII's punctuation; emoji count."""

_estimating: Final = threading.Lock()
"""zxcvbn keeps the words of a user in a table of the module."""

LONGEST_TYPED: Final = 1024
"""Code points before normalisation."""


def normalised(password: str) -> str:
    """Return the form of a password that is checked and hashed: NFKC, as 63B asks, since keyboards differ.

    A password that is too long anyway is returned unchanged: normalising many combining marks takes quadratic time, a
    second for 60 kB, in which no other thread of the process runs.
    """
    if len(password) > LONGEST_TYPED:
        return password
    return unicodedata.normalize("NFKC", password)


class LengthValidator:
    """Requires 15 to 128 characters (code points, after normalisation); no password is ever truncated."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Accept a password of the right length.

        Raises:
            ValidationError: `password_too_short` or `password_too_long`.
        """
        length = len(normalised(password))
        if length < SHORTEST:
            raise ValidationError(f"At least {SHORTEST} characters: a few words, say.", code="password_too_short")
        if length > LONGEST:
            raise ValidationError(f"At most {LONGEST} characters.", code="password_too_long")

    def get_help_text(self) -> str:
        return f"{SHORTEST} to {LONGEST} characters."


class CommonValidator(CommonPasswordValidator):
    """Refuses what zxcvbn finds easy to guess: words, names, dates, runs, repetitions, and combinations of them."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Accept a password that takes many guesses.

        Raises:
            ValidationError: `password_too_common`.
        """
        text, number = normalised(password).casefold(), _digits_of(user)
        # Of a common word with a row of digits behind it, zxcvbn estimates 10**11 guesses.
        unpadded = _ENDS.sub("", text)
        if {text, unpadded} & (self.passwords | CONTEXT) or len(set(text)) < FEWEST_KINDS:
            raise _too_common()
        if len(text) >= SHORTEST and self._is_guessable(text, number):
            raise _too_common()

    def _is_guessable(self, text: str, number: str) -> bool:
        joined = _BETWEEN.sub("", text)
        return self._guesses(text, number) < MIN_GUESSES or (
            joined != "" and self._guesses(joined, number) < MIN_GUESSES_JOINED
        )

    def _guesses(self, text: str, number: str) -> float:
        """How many guesses a text takes: the product of its parts'; a part that comes twice counts once.

        It needs a slot like a hash, since it computes as long, and any client can cause one.
        """
        parts = {text[start : start + PART] for start in range(0, min(len(text), LONGEST), PART)}
        words = [number, number[-TAIL:]] if number else []
        with hashing.slots.acquire(), _estimating:
            return math.prod(float(self._zxcvbn(part, user_inputs=words)["guesses"]) for part in parts)

    @cached_property
    def _zxcvbn(self) -> Callable[..., dict[str, Any]]:
        """Zxcvbn with our words and Django's, loaded at first use: it takes 0.06 s and 13 MB."""
        from zxcvbn import matching, zxcvbn  # noqa: PLC0415

        matching.L33T_TABLE.clear()
        matching.L33T_TABLE.update(SUBSTITUTIONS)
        matching.add_frequency_lists({"common": sorted(self.passwords), "context": sorted(CONTEXT)})
        estimate: Callable[..., dict[str, Any]] = zxcvbn
        return estimate


def _too_common() -> ValidationError:
    return ValidationError("This password is too easy to guess.", code="password_too_common")


class OwnNumberValidator:
    """Refuses a password with the account's own phone number in it."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Accept a password that does not contain the number; without a user there is no number to compare.

        Raises:
            ValidationError: `password_has_number`.
        """
        tail = _digits_of(user)[-TAIL:]
        if tail and tail in re.sub(r"\D", "", normalised(password)):
            raise ValidationError("Leave your phone number out of it.", code="password_has_number")

    def get_help_text(self) -> str:
        return "Not your phone number."


def _digits_of(user: AbstractBaseUser | None) -> str:
    """The digits of the user's number; empty without a user."""
    return re.sub(r"\D", "", user.get_username()) if user else ""
