"""Panels: the parts of a user's page in the admin. Every app registers its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from django.urls import reverse

from accounts.models import User

ROWS: Final = 8
"""Rows in the table of a panel, the newest first."""


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Badge:
    """A coloured word."""

    text: str
    kind: str = "info"
    """`success`, `warning`, `danger` or `info`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A part of a user's page: a list of facts, and a table below it."""

    title: str
    facts: Sequence[tuple[str, Any]] = ()
    headers: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    empty_text: str = "None."
    """Shown instead of an empty table."""


class PanelPosition(IntEnum):
    """The order of the panels: first what most support calls are about."""

    ACCOUNT = 1
    TIER = 2
    REPLIES = 3
    PAYMENTS = 4
    SIGN_IN = 5
    SESSIONS = 6
    API_KEYS = 7
    WEBHOOKS = 8
    ROOMS = 9
    STAFF_ACTIONS = 10


PanelFactory = Callable[[User], Panel]
_factories: dict[PanelPosition, PanelFactory] = {}


def register_panel(position: PanelPosition, factory: PanelFactory) -> None:
    _factories[position] = factory


def panels_of(user: User) -> list[Panel]:
    return [_factories[position](user) for position in sorted(_factories)]


def user_link(user_id: int | None) -> Link | None:
    """A link to the user's page."""
    return Link(f"user {user_id}", reverse("admin:accounts_user_change", args=[user_id])) if user_id else None
