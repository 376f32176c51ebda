"""Phone numbers: all spellings of a number mean one account."""

import re
import unicodedata
from typing import Final

import phonenumbers
from django.conf import settings
from phonenumbers import PhoneNumber, PhoneNumberType

LONGEST: Final = 64
"""Characters of a spelling; E.164 has at most 15 digits, the rest is punctuation."""

ACCEPTED_TYPES: Final = frozenset(
    {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.FIXED_LINE}
)
"""Other types earn their owner money for each SMS, are cheap to get by the thousand, or cannot receive SMS."""

MOST_DIGITS: Final = 15
"""With the country's code (E.164, 6.1). Some of Germany's that phonenumbers takes for valid have more."""

_NO_COUNTRY: Final = phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY
_MEXICO: Final = 52

_PUNCTUATION: Final = re.compile(r"[\s().,/\-\u2010-\u2015\u2212]")
_SPELLING: Final = re.compile(r"\+?\d+")


class NumberRefused(ValueError):
    """Not a phone number, or not one that we send codes to."""


def parse(text: str) -> str:
    """Read a phone number in any spelling and return it in E.164, `+919876543210` say.

    Without a country code it is one of `PHONE_DEFAULT_REGION`. Compatibility forms (full-width digits) are folded,
    invisible marks (a copied number often brings direction marks) and punctuation dropped, a leading 00 is a plus. A
    mobile that its country writes in two forms has the one by which it is called from abroad.

    Raises:
        NumberRefused: it is not a valid number, or of a kind or country that codes are not sent to.
    """
    try:
        number = _in_one_form(phonenumbers.parse(_spelled_plainly(text), settings.PHONE_DEFAULT_REGION))
    except phonenumbers.NumberParseException:
        raise NumberRefused from None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in ACCEPTED_TYPES:
        raise NumberRefused
    country = _country(number)
    if country == _NO_COUNTRY or (settings.SMS_COUNTRIES and country not in settings.SMS_COUNTRIES):
        raise NumberRefused
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if len(written) > len("+") + MOST_DIGITS:
        raise NumberRefused
    return written


def country_of(number: str) -> str:
    """Return the country of a number in E.164: two letters of ISO 3166, or 001 for what belongs to none."""
    return _country(phonenumbers.parse(number))


def prefix_of(number: str) -> str:
    """Return a number in E.164 less its last four digits: a rented block of numbers shares it."""
    return number[:-4]


def _country(number: PhoneNumber) -> str:
    return phonenumbers.region_code_for_number(number) or _NO_COUNTRY


def _in_one_form(number: PhoneNumber) -> PhoneNumber:
    """Of the two forms that Argentina and Mexico have for one mobile, the one by which it is called from abroad.

    Argentina's has a 9 more (the only such token that phonenumbers knows), and without it is taken for a landline;
    Mexico's lost its 1 in 2019, and many still write it.
    """
    national = phonenumbers.national_significant_number(number)
    token = phonenumbers.country_mobile_token(number.country_code or 0)
    if token:
        other = token + national
    elif number.country_code == _MEXICO and len(national) == 11:
        other = national.removeprefix("1")
    else:
        return number
    mobile = phonenumbers.parse(f"+{number.country_code}{other}")
    return mobile if phonenumbers.is_valid_number(mobile) else number


def _spelled_plainly(text: str) -> str:
    if len(text) > LONGEST:
        raise NumberRefused
    folded = unicodedata.normalize("NFKC", text)
    visible = "".join(character for character in folded if unicodedata.category(character) != "Cf")
    plain = _PUNCTUATION.sub("", visible)
    if not _SPELLING.fullmatch(plain):
        raise NumberRefused
    return "+" + plain[2:] if plain.startswith("00") else plain
