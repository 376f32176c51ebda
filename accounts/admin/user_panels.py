"""The panels of a user's page that accounts adds."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.admin.panel_registry import ROWS, Badge, Panel, user_link
from accounts.models import FailedAttempts, OneTimeCode, Session, StaffAction, User
from accounts.models.codes import MAX_DELIVERIES, STALE


def account_panel(user: User) -> Panel:
    return Panel(
        title="Account",
        facts=[
            ("Phone number", user.mobile_number),
            ("Id", str(user.pk)),
            ("Name", user.display_name),
            ("Language", user.language),
            ("Status", status_of(user)),
            ("Created", user.created_at),
            *(
                [("Erasure", f"requested {user.erasing_at:%d %b %Y, %H:%M}, {user.erase_attempts} attempts")]
                if user.erasing_at
                else []
            ),
        ],
    )


def status_of(user: User) -> Badge:
    if user.erasing_at:
        return Badge("being erased", "danger")
    if not user.is_active:
        return Badge("disabled", "danger")
    return Badge("staff", "info") if user.is_staff else Badge("active", "success")


def sign_in_panel(user: User) -> Panel:
    password = "set" if user.has_usable_password() else "none; signs in by code"
    return codes_panel(user.mobile_number, ("Password", password))


def codes_panel(mobile_number: str, *facts: tuple[str, Any]) -> Panel:
    """The locks of a phone number, with or without an account, and what became of its latest codes."""
    now = timezone.now()
    locks = {each.kind: each for each in FailedAttempts.objects.filter(mobile_number=mobile_number)}
    codes = OneTimeCode.objects.filter(mobile_number=mobile_number).order_by("-pk")[:ROWS]
    return Panel(
        title="Sign-in",
        facts=[
            *facts,
            *((f"By {kind}", _lock_badge(locks.get(kind), now)) for kind in FailedAttempts.Kind.values),
        ],
        headers=["Code requested", "For", "Delivery", "Wrong guesses", "Used"],
        rows=[
            [code.created_at, code.purpose, _delivery_badge(code, now), str(code.guesses), code.used_at]
            for code in codes
        ],
        empty_text="No code was requested in the last two days.",
    )


def _lock_badge(lock: FailedAttempts | None, now: Any) -> Badge:
    if lock and lock.locked_until and lock.locked_until > now:
        return Badge(f"locked until {lock.locked_until:%d %b %Y, %H:%M}, {lock.failures} failures", "danger")
    return Badge(f"{lock.failures} failures", "warning") if lock and lock.failures else Badge("free", "success")


def _delivery_badge(code: OneTimeCode, now: Any) -> Badge:
    if code.sent_at:
        return Badge("sent", "success")
    if code.deliveries >= MAX_DELIVERIES:
        return Badge("refused by the SMS provider", "danger")
    is_pending = now - code.created_at < STALE
    return Badge("waiting to be sent", "warning") if is_pending else Badge("not sent", "danger")


def sessions_panel(user: User) -> Panel:
    newest = Session.objects.filter(user=user).order_by("-created_at")[:ROWS]
    return Panel(
        title="Sessions",
        headers=["Started", "Method", "Device", "Last refreshed", "Ended"],
        rows=[
            [
                each.created_at,
                each.method,
                each.user_agent,
                each.rotated_at,
                each.revoked_at or Badge("open", "success"),
            ]
            for each in newest
        ],
        empty_text="Never signed in, or not for a long time.",
    )


def user_staff_actions_panel(user: User) -> Panel:
    return staff_actions_panel(StaffAction.objects.filter(user=user))


def staff_actions_panel(actions: QuerySet[StaffAction]) -> Panel:
    newest = actions.select_related("staff").order_by("-pk")[:ROWS]
    return Panel(
        title="Staff actions",
        headers=["When", "By", "Action", "Object", "Reason", "Outcome"],
        rows=[
            [
                each.created_at,
                user_link(each.staff_id) if each.staff else each.by,
                each.action,
                each.target,
                each.reason,
                each.outcome,
            ]
            for each in newest
        ],
    )
