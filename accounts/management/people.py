"""How commands name a person: by mobile number, in any spelling, or by id."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from accounts import numbers
from accounts.models import User


def add_argument(parser: ArgumentParser) -> None:
    """Add the argument `person`."""
    parser.add_argument("person", help="the mobile number, in any spelling, or the id of the account")


def find(text: str) -> User:
    """The person that `text` names. What is a valid number is taken for one: ids are shorter.

    Raises:
        CommandError: there is nobody of this number or id; the message does not repeat it.
    """
    try:
        return User.objects.get(mobile_number=numbers.parse(text))
    except User.DoesNotExist:
        raise CommandError("There is nobody with this number.") from None
    except numbers.NumberRefused:
        is_id = text.isascii() and text.isdigit() and len(text) < 19  # more does not fit into PostgreSQL's bigint
        user = User.objects.filter(pk=int(text)).first() if is_id else None
    if user is None:
        raise CommandError("There is nobody with this id, and it is no number that an account could have.")
    return user
