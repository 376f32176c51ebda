"""How commands name a person: by mobile number, in any spelling, or by id."""

from argparse import ArgumentParser

from django.core.management.base import CommandError
from django.db.models import Q

from accounts import phone_numbers
from accounts.models import User


def add_argument(parser: ArgumentParser) -> None:
    """Add the argument `person`."""
    parser.add_argument("person", help="the mobile number, in any spelling, or the id of the account")


def find(text: str) -> User:
    """The person that `text` names.

    Raises:
        CommandError: there is nobody of this number or id, or digits alone name two people; it does not repeat them.
    """
    found = look_for(text)
    if found is None:
        raise CommandError("There is nobody with this number or id.")
    return found


def look_for(text: str) -> User | None:
    """The person that `text` names, if there is one.

    Raises:
        CommandError: digits alone name two people.
    """
    exactly = User.objects.filter(mobile_number=text).first()
    if exactly is not None:
        return exactly
    found = User.objects.filter(Q(mobile_number=_number(text)) | Q(pk=_id(text)))[:2]
    if len(found) > 1:
        raise CommandError("This is the id of one account and the number of another: write the number with its +.")
    return found[0] if found else None


def _number(text: str) -> str | None:
    try:
        return phone_numbers.parse(text)
    except phone_numbers.NumberRefused:
        return None


def _id(text: str) -> int | None:
    """An id that PostgreSQL's bigint can hold; none has a sign or a space."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
