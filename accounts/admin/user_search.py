"""Searches that find users by something other than their phone number or id. Every app registers its own."""

from collections.abc import Callable

UserSearch = Callable[[str], list[int] | None]
"""Returns the ids of the users that a search term means, or None if the term is not of its kind."""

_searches: list[UserSearch] = []


def register_user_search(search: UserSearch) -> None:
    _searches.append(search)


def user_ids_matching(term: str) -> list[int] | None:
    """The ids that the first matching search finds; None if the term is of no registered kind."""
    return next((ids for search in _searches if (ids := search(term)) is not None), None)
