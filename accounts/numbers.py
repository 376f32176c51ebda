"""Phone numbers: whatever way one is written, it is one account."""

import re
import unicodedata
from typing import Final

import phonenumbers
from django.conf import settings
from phonenumbers import PhoneNumber, PhoneNumberType

LONGEST: Final = 64
"""Characters of a spelling; E.164 has at most 15 digits, the rest is punctuation."""

NEVER_A_PERSON: Final = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.VOIP,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
"""Kinds that earn their owner money by our SMS, or that are cheap to have by the thousand, or that nobody reads."""

_PUNCTUATION: Final = re.compile(r"[\s().,/\-\u2010-\u2015\u2212]")
_SPELLING: Final = re.compile(r"\+?\d+")


class NumberRefused(ValueError):
    """Not a phone number, or not one that we send codes to."""


def parse(text: str) -> str:
    """Read a phone number in any spelling and return it in E.164, `+919876543210` say.

    Without a country code it is one of `PHONE_DEFAULT_REGION`. Compatibility forms (full-width digits) are folded,
    invisible marks (a copied number often brings direction marks) and punctuation dropped, a leading 00 is a plus.

    Raises:
        NumberRefused: it is not a valid number, or of a kind or country that codes are not sent to.
    """
    try:
        number = phonenumbers.parse(_spelled_plainly(text), settings.PHONE_DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        raise NumberRefused from None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) in NEVER_A_PERSON:
        raise NumberRefused
    if settings.SMS_COUNTRIES and _country(number) not in settings.SMS_COUNTRIES:
        raise NumberRefused
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country_of(number: str) -> str:
    """Return the country of a number in E.164: two letters of ISO 3166, or 001 for what belongs to none."""
    return _country(phonenumbers.parse(number))


def prefix_of(number: str) -> str:
    """Return a number in E.164 less its last four digits: a rented block of numbers shares it."""
    return number[:-4]


def _country(number: PhoneNumber) -> str:
    return phonenumbers.region_code_for_number(number) or "001"


def _spelled_plainly(text: str) -> str:
    if len(text) > LONGEST:
        raise NumberRefused
    folded = unicodedata.normalize("NFKC", text)
    visible = "".join(character for character in folded if unicodedata.category(character) != "Cf")
    plain = _PUNCTUATION.sub("", visible)
    if not _SPELLING.fullmatch(plain):
        raise NumberRefused
    return "+" + plain[2:] if plain.startswith("00") else plain
