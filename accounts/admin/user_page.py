"""A person on the desk: what accounts know of them, and what can be done to their account."""

from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from accounts import audit, downloads, sessions, suspension
from accounts.admin.base import Deed, Order
from accounts.admin.panels import SHOWN, Card, Mark, person_link
from accounts.delivery import DELIVERIES, STALE
from accounts.models import OneTimeCode, Session, StaffAction, Tries, User
from accounts.personal_data import erasure, export

# Cards


def account_card(user: User) -> Card:
    """Who it is."""
    return Card(
        title="Account",
        facts=[
            ("Number", user.mobile_number),
            ("Id", str(user.pk)),
            ("Name", user.display_name),
            ("Language", user.language),
            ("State", state_of(user)),
            ("Since", user.created_at),
            *(
                [("Erasure", f"asked for {user.erasing_at:%d %b %Y, %H:%M}, tried {user.erase_tries} times")]
                if user.erasing_at
                else []
            ),
        ],
    )


def state_of(user: User) -> Mark:
    """Whether the account can be used."""
    if user.erasing_at:
        return Mark("being erased", "danger")
    if not user.is_active:
        return Mark("disabled", "danger")
    return Mark("staff", "info") if user.is_staff else Mark("active", "success")


def sign_in_card(user: User) -> Card:
    """Why somebody cannot get in: locks, and what became of the newest codes."""
    password = "set" if user.has_usable_password() else "none; signs in by code"
    return codes_card(user.mobile_number, ("Password", password))


def codes_card(number: str, *facts: tuple[str, Any]) -> Card:
    """The locks of a number, whether or not an account has it, and what became of its newest codes."""
    now = timezone.now()
    locks = {tries.kind: tries for tries in Tries.objects.filter(number=number)}
    codes = OneTimeCode.objects.filter(number=number).order_by("-pk")[:SHOWN]
    return Card(
        title="Sign-in",
        facts=[
            *facts,
            *((f"By {kind}", _lock_of(locks.get(kind), now)) for kind in Tries.Kind.values),
        ],
        headers=["Code asked for", "For", "Sent", "Wrong guesses", "Used"],
        rows=[[code.created_at, code.purpose, _sent(code, now), str(code.guesses), code.used_at] for code in codes],
        none="No code was asked for in the last two days.",
    )


def _lock_of(tries: Tries | None, now: Any) -> Mark:
    if tries and tries.locked_until and tries.locked_until > now:
        return Mark(f"locked until {tries.locked_until:%d %b %Y, %H:%M}, {tries.failures} failures", "danger")
    return Mark(f"{tries.failures} failures", "warning") if tries and tries.failures else Mark("free", "success")


def _sent(code: OneTimeCode, now: Any) -> Mark:
    if code.sent_at:
        return Mark("sent", "success")
    if code.deliveries >= DELIVERIES:
        return Mark("refused by the SMS provider", "danger")
    return Mark("waits to be sent", "warning") if now - code.created_at < STALE else Mark("not sent", "danger")


def sessions_card(user: User) -> Card:
    """Where they are signed in."""
    newest = Session.objects.filter(user=user).order_by("-created_at")[:SHOWN]
    return Card(
        title="Sessions",
        headers=["Begun", "By", "Device", "Last refreshed", "Ended"],
        rows=[
            [each.created_at, each.method, each.user_agent, each.rotated_at, each.revoked_at or Mark("open", "success")]
            for each in newest
        ],
        none="Never signed in, or not for a long time.",
    )


def actions_card(user: User) -> Card:
    """What the staff did to the account."""
    return record_card(StaffAction.objects.filter(user=user))


def record_card(actions: QuerySet[StaffAction]) -> Card:
    """The newest of what the staff did."""
    newest = actions.select_related("staff").order_by("-pk")[:SHOWN]
    return Card(
        title="What the desk did",
        headers=["When", "Who", "What", "To", "Why", "Outcome"],
        rows=[
            [
                each.created_at,
                person_link(each.staff_id) if each.staff else each.by,
                each.action,
                each.target,
                each.reason,
                each.outcome,
            ]
            for each in newest
        ],
        none="Nothing.",
    )


# Deeds


def _sign_out(order: Order) -> str:
    sessions.end_all(user_id=order.target.pk)
    return "Signed out everywhere."


def _disable(order: Order) -> str:
    suspension.disable(user_id=order.target.pk)
    return "Disabled, and signed out everywhere."


def _enable(order: Order) -> str:
    suspension.enable(user_id=order.target.pk)
    return "Enabled."


def _unlock(order: Order) -> str:
    count = suspension.unlock(number=order.target.mobile_number)
    return f"Unlocked ({count})." if count else "There was no lock."


def _export(order: Order) -> StreamingHttpResponse:
    audit.record("exported", user_id=order.target.pk, staff_id=order.staff.pk)
    return downloads.respond(
        export.document(user_id=order.target.pk),
        user_id=order.staff.pk,
        content_type="application/json",
        filename=f"kuvaka-user-{order.target.pk}.json",
    )


def _erase(order: Order) -> str:
    erasure.begin(user_id=order.target.pk)
    return "Signed out everywhere; the rest is erased within seconds, or when Stripe is back if it is away."


def _is_person(user: User) -> bool:
    return not user.is_staff and user.erasing_at is None


UNLOCK = Deed(
    name="unlock",
    title="Unlock sign-in",
    icon="lock_open",
    permission="accounts.unlock_user",
    explain="Forgets the failed tries of this number, by code and by password. Make sure that it is the owner who "
    "asks: the lock is what keeps others from guessing.",
    act=_unlock,
    when=lambda user: user.erasing_at is None,
)

DEEDS = (
    Deed(
        name="sign_out",
        title="Sign out everywhere",
        icon="logout",
        permission="accounts.sign_out_user",
        explain="Ends every session. Whoever holds the number, or the password, can sign in again at once.",
        act=_sign_out,
        when=lambda user: user.erasing_at is None,
    ),
    UNLOCK,
    Deed(
        name="disable",
        title="Disable",
        icon="block",
        permission="accounts.disable_user",
        explain="Signs the person out everywhere and lets nobody in under the number, until the account is enabled. A "
        "subscription goes on.",
        act=_disable,
        when=lambda user: _is_person(user) and user.is_active,
    ),
    Deed(
        name="enable",
        title="Enable",
        icon="check_circle",
        permission="accounts.disable_user",
        explain="Lets the person sign in again.",
        act=_enable,
        when=lambda user: _is_person(user) and not user.is_active,
    ),
    Deed(
        name="export",
        title="Export",
        icon="download",
        permission="accounts.export_user",
        explain="Everything that is kept about the person, as the file that they can also fetch themselves. It holds "
        "their conversations: hand it to nobody else, and delete it afterwards.",
        act=_export,
    ),
    Deed(
        name="erase",
        title="Erase",
        icon="delete_forever",
        permission="accounts.erase_user",
        explain="Ends a subscription at once, signs out everywhere and deletes the account with everything in it. "
        "There is no way back.",
        act=_erase,
        when=_is_person,
        grave=True,
    ),
)
