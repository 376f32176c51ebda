"""Cards: what a person's page at the desk is made of. Every app registers its own, as it registers its steps of an
erasure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from django.urls import reverse

from accounts.models import User

SHOWN: Final = 8
"""Rows of each kind that a person's page shows, the newest first."""


@dataclass(frozen=True, slots=True)
class Link:
    """A word that leads somewhere."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word in colour: `success`, `warning`, `danger` or `info`."""

    text: str
    kind: str = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A part of a person's page: facts by their names, and below them a table."""

    title: str
    facts: Sequence[tuple[str, Any]] = ()
    headers: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    none: str = "None."
    """What stands there instead of an empty table."""


class Place(IntEnum):
    """Where a card stands on a person's page: first what most of the calls are about."""

    ACCOUNT = 1
    TIER = 2
    REPLIES = 3
    PAYMENTS = 4
    SIGN_IN = 5
    SESSIONS = 6
    ROOMS = 7
    RECORD = 8


CardMaker = Callable[[User], Card]
_cards: dict[Place, CardMaker] = {}


def register_card(place: Place, make: CardMaker) -> None:
    """Add a card to a person's page."""
    _cards[place] = make


def cards_of(user: User) -> list[Card]:
    """All that is known of a person, a card each."""
    return [_cards[place](user) for place in sorted(_cards)]


def person_link(user_id: int | None) -> Link | None:
    """The way to a person's page."""
    return Link(f"user {user_id}", reverse("admin:accounts_user_change", args=[user_id])) if user_id else None
