"""The panels of a user's page that accounts adds, and the actions on the account."""

from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from accounts import audit, downloads, sessions, suspension
from accounts.admin.actions import ActionRequest, AdminAction
from accounts.admin.panels import ROWS, Badge, Panel, user_link
from accounts.delivery import DELIVERIES, STALE
from accounts.models import FailedAttempts, OneTimeCode, Session, StaffAction, User
from accounts.personal_data import erasure, export

# Panels


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
    locks = {tries.kind: tries for tries in FailedAttempts.objects.filter(mobile_number=mobile_number)}
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


def _lock_badge(tries: FailedAttempts | None, now: Any) -> Badge:
    if tries and tries.locked_until and tries.locked_until > now:
        return Badge(f"locked until {tries.locked_until:%d %b %Y, %H:%M}, {tries.failures} failures", "danger")
    return Badge(f"{tries.failures} failures", "warning") if tries and tries.failures else Badge("free", "success")


def _delivery_badge(code: OneTimeCode, now: Any) -> Badge:
    if code.sent_at:
        return Badge("sent", "success")
    if code.deliveries >= DELIVERIES:
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


# Actions


def _sign_out(request: ActionRequest) -> str:
    sessions.end_all(user_id=request.target.pk)
    return "Signed out everywhere."


def _disable(request: ActionRequest) -> str:
    suspension.disable(user_id=request.target.pk)
    return "Disabled, and signed out everywhere."


def _enable(request: ActionRequest) -> str:
    suspension.enable(user_id=request.target.pk)
    return "Enabled."


def _unlock(request: ActionRequest) -> str:
    count = suspension.unlock(mobile_number=request.target.mobile_number)
    return f"Unlocked ({count})." if count else "There was no lock."


def _export(request: ActionRequest) -> StreamingHttpResponse:
    audit.record("exported", user_id=request.target.pk, staff_id=request.staff.pk)
    return downloads.respond(
        export.document(user_id=request.target.pk),
        user_id=request.staff.pk,
        content_type="application/json",
        filename=f"kuvaka-user-{request.target.pk}.json",
    )


def _erase(request: ActionRequest) -> str:
    erasure.begin(user_id=request.target.pk)
    return "Signed out everywhere. The rest is erased within seconds, or as soon as Stripe is available."


def _can_be_disabled(user: User) -> bool:
    return not user.is_staff and user.erasing_at is None


UNLOCK = AdminAction(
    name="unlock",
    title="Unlock sign-in",
    icon="lock_open",
    permission="accounts.unlock_user",
    description="Resets the failed sign-ins of this phone number, by code and by password. Make sure that its owner is "
    "asking: the lock is what keeps others from guessing.",
    run=_unlock,
    is_available=lambda user: user.erasing_at is None,
)

ACTIONS = (
    AdminAction(
        name="sign_out",
        title="Sign out everywhere",
        icon="logout",
        permission="accounts.sign_out_user",
        description="Ends every session. With the phone or the password, the user can sign in again at once.",
        run=_sign_out,
        is_available=lambda user: user.erasing_at is None,
    ),
    UNLOCK,
    AdminAction(
        name="disable",
        title="Disable",
        icon="block",
        permission="accounts.disable_user",
        description="Signs the user out everywhere and refuses sign-in with this phone number until the account is "
        "enabled. A subscription continues.",
        run=_disable,
        is_available=lambda user: _can_be_disabled(user) and user.is_active,
    ),
    AdminAction(
        name="enable",
        title="Enable",
        icon="check_circle",
        permission="accounts.disable_user",
        description="Allows the user to sign in again.",
        run=_enable,
        is_available=lambda user: _can_be_disabled(user) and not user.is_active,
    ),
    AdminAction(
        name="export",
        title="Export",
        icon="download",
        permission="accounts.export_user",
        description="Downloads everything that is stored about the user, as the file that users can also download "
        "themselves. It contains their conversations: give it to no one else, and delete it afterwards.",
        run=_export,
    ),
    AdminAction(
        name="erase",
        title="Erase",
        icon="delete_forever",
        permission="accounts.erase_user",
        description="Ends a subscription at once, signs the user out everywhere and deletes the account with all its "
        "data. This cannot be undone.",
        run=_erase,
        is_available=_can_be_disabled,
        destructive=True,
    ),
)
