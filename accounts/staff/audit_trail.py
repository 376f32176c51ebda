"""The record of what staff do (`StaffAction`), and the names under which phone numbers appear in it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.db.models import Q
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts import audit, phone_numbers
from accounts.models import StaffAction, User
from config.http.client_address import client_address, network_of
from config.http.problems import Problem
from config.observability.logs import request_id

DONE: Final = "done"


@contextmanager
def audit_staff_action(
    *,
    action: str,
    staff: User | None = None,
    user_id: int | None = None,
    target: str = "",
    reason: str = "",
    address: str = "",
) -> Iterator[StaffAction]:
    """Record an action before it runs, and its outcome afterwards. Call it outside any transaction.

    Args:
        action: a code of ours: `sign_out`, `erase`.
        staff: who runs it; None for a command.
        user_id: the user that it affects.
        target: the object that it affects, if that is not the user: `reply 7`.
        reason: why, as the staff member wrote it.
        address: the IP address of the staff member.
    """
    row = StaffAction.objects.create(
        staff=staff,
        user_id=user_id,
        action=action,
        target=target,
        reason=reason[:500],
        request_id=request_id(),
        address=address,
    )
    outcome = "failed"
    try:
        yield row
        outcome = DONE
    except Problem as problem:
        outcome = problem.code
        raise
    finally:
        # update(), not save(): an erasure may already have deleted the user that the row names.
        StaffAction.objects.filter(pk=row.pk).update(outcome=outcome[:40])
        by = {"staff_id": staff.pk} if staff else {"by": "command"}
        audit.record("staff_action", user_id=user_id, action=action, target=target, outcome=outcome, **by)


def clear_reasons(*, user_id: int) -> None:
    """Clear what staff wrote about a user who is being erased. The rows, and who acted, stay.

    This includes actions on the user's phone number from before it had an account. If the user was a staff member,
    their id stays on what they did to others, and their IP address is cleared.
    """
    about = Q(user_id=user_id)
    for mobile_number in User.objects.filter(pk=user_id).values_list("mobile_number", flat=True):
        about |= Q(user=None, target=alias_of(mobile_number))
    StaffAction.objects.filter(about).update(reason="", target="", address="")
    StaffAction.objects.filter(staff_id=user_id).update(address="")


def assign_number_actions(*, user_id: int, mobile_number: str) -> None:
    """Assign the actions on a number, from before it had an account, to the user who gives that number up now."""
    StaffAction.objects.filter(user=None, target=alias_of(mobile_number)).update(user=user_id, target="")


def alias_of(mobile_number: str) -> str:
    """A stable name for a number without an account, which does not reveal the number."""
    return f"number {salted_hmac('accounts.staff.alias', mobile_number, algorithm='sha256').hexdigest()[:16]}"


def normalized_number(text: str) -> str:
    """A phone number in E.164, from any spelling; anything else is returned as it is."""
    try:
        return phone_numbers.parse(text)
    except phone_numbers.NumberRefused:
        return text.strip()


def axes_username(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The name under which django-axes counts failed sign-ins: not the number itself.

    The form has brought all spellings to one.
    """
    given = (credentials or request.POST).get("username") or ""
    return salted_hmac("accounts.staff", str(given), algorithm="sha256").hexdigest()


def axes_client_ip(request: HttpRequest) -> str:
    """The address under which django-axes counts failed sign-ins: the one that rate limits and logs use.

    An IPv6 network counts as one client, under its first address.
    """
    return network_of(client_address(request)).partition("/")[0]
