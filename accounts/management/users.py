"""How commands name a user: by phone number, in any spelling, or by id."""

from argparse import ArgumentParser

from django.core.management.base import CommandError
from django.db.models import Q

from accounts import phone_numbers
from accounts.models import User


def add_argument(parser: ArgumentParser) -> None:
    parser.add_argument("identifier", help="the user: a mobile number in any spelling, or an id")


def find(text: str) -> User:
    """The user that `text` names.

    Raises:
        CommandError: no user has this number or id, or the digits name two users; the message does not repeat them.
    """
    found = find_or_none(text)
    if found is None:
        raise CommandError("There is no user with this number or id.")
    return found


def find_or_none(text: str) -> User | None:
    """The user that `text` names, or None.

    Raises:
        CommandError: the digits name two users.
    """
    exact = User.objects.filter(mobile_number=text).first()
    if exact is not None:
        return exact
    found = User.objects.filter(Q(mobile_number=_mobile_number(text)) | Q(pk=_id(text)))[:2]
    if len(found) > 1:
        raise CommandError("This is the id of one user and the phone number of another: write the number with its +.")
    return found[0] if found else None


def _mobile_number(text: str) -> str | None:
    try:
        return phone_numbers.parse(text)
    except phone_numbers.NumberRefused:
        return None


def _id(text: str) -> int | None:
    """An id that fits into a bigint; it has no sign and no space."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
