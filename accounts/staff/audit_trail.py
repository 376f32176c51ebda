"""What the staff may do, and the record of what they did (`StaffAction`)."""

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
def recorded(
    *,
    action: str,
    staff: User | None = None,
    user_id: int | None = None,
    target: str = "",
    reason: str = "",
    address: str = "",
) -> Iterator[StaffAction]:
    """Record an action before it is done, and then how it went; call it outside any transaction.

    Args:
        action: what is done, in one word of ours: `sign_out`, `erase`.
        staff: who does it; None for a command.
        user_id: whom it is done to.
        target: what it is done to, where that is not the person: `reply 7`.
        reason: why, as the staff put it.
        address: where the staff sits.
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
        # An erasure that was quick has taken the person, not the row.
        StaffAction.objects.filter(pk=row.pk).update(outcome=outcome[:40])
        by = {"staff_id": staff.pk} if staff else {"by": "command"}
        audit.record("staff_action", user_id=user_id, action=action, target=target, outcome=outcome, **by)


def forget_reasons(*, user_id: int) -> None:
    """Empty what the staff wrote about a person, who is being erased; that something was done, and by whom, stays.

    What was done under the number, while no account had it, is about the same person. If the person was of the staff,
    of what they did to others their id stays, and where they sat goes.
    """
    about = Q(user_id=user_id)
    for number in User.objects.filter(pk=user_id).values_list("mobile_number", flat=True):
        about |= Q(user=None, target=alias_of(number))
    StaffAction.objects.filter(about).update(reason="", target="", address="")
    StaffAction.objects.filter(staff_id=user_id).update(address="")


def take_along(*, user_id: int, number: str) -> None:
    """Record what was done under a number, while no account had it, as done to the account that leaves it now."""
    StaffAction.objects.filter(user=None, target=alias_of(number)).update(user=user_id, target="")


def alias_of(number: str) -> str:
    """What the record calls a number that no account has: always the same, and not the number."""
    return f"number {salted_hmac('accounts.staff.alias', number, algorithm='sha256').hexdigest()[:16]}"


def name_of(text: str) -> str:
    """A number as the account has it, however it was typed; what is no number is returned as it is."""
    try:
        return phone_numbers.parse(text)
    except phone_numbers.NumberRefused:
        return text.strip()


def axes_name(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Under which name failed sign-ins at the desk are counted: one for all spellings, and no number in clear."""
    given = (credentials or request.POST).get("username") or ""
    return salted_hmac("accounts.staff", name_of(str(given)), algorithm="sha256").hexdigest()


def axes_address(request: HttpRequest) -> str:
    """The address by which failed sign-ins at the desk are counted: the one that limits and logs name too.

    Of an IPv6 network that is one client, the first address.
    """
    return network_of(client_address(request)).partition("/")[0]
