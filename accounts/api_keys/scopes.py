"""Which scope a key needs for which route.

Every view says it: `@key_scope(Scope.ROOMS_READ)` on a method, or `key_scope = NO_KEYS` on the class. A view that says
nothing refuses every key, and fails a test.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any, Final, TypeVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.exceptions import ScopeMissing
from accounts.models import ApiKey, Scope

Method = TypeVar("Method", bound=Callable[..., Any])


class Refusal(Enum):
    """Why a key may not use a route, whatever its scopes."""

    DECIDED = "It is about sign-in, the account, payments or keys, which are never a key's."
    UNDECIDED = "Its view says nothing of keys."


NO_KEYS: Final = Refusal.DECIDED


def key_scope(scope: Scope) -> Callable[[Method], Method]:
    """Let keys with this scope call a method of a view."""

    def mark(method: Method) -> Method:
        setattr(method, "key_scope", scope)  # noqa: B010  a function has no such attribute
        return method

    return mark


def scope_of(view: Any, method: str) -> Scope | Refusal:
    """Return what a key needs for an HTTP method of a view, or the action of a viewset; else for the whole class."""
    handler = getattr(view, getattr(view, "action", None) or method.lower(), None)
    found: Scope | Refusal = getattr(handler, "key_scope", getattr(view, "key_scope", Refusal.UNDECIDED))
    return found


class ScopePermission(BasePermission):
    """Refuses a request whose key does not have the scope of the route."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the request is a session's, or its key has the scope.

        Raises:
            ScopeMissing: it has not, or no key may.
        """
        if isinstance(request.auth, ApiKey):
            require(request.auth, scope_of(view, request.method or ""))
        return True


def require(key: ApiKey, scope: Scope | Refusal) -> None:
    """Check that a key has a scope.

    Raises:
        ScopeMissing: it has not, or no key may; `scope` names the one that it lacks.
    """
    if isinstance(scope, Refusal):
        raise ScopeMissing("No API key may do this.")
    if not key.may(scope):
        raise ScopeMissing(scope=scope.value)
