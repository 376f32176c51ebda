"""The actions on a user's account."""

from django.http import StreamingHttpResponse

from accounts import audit, downloads, sign_out, suspension
from accounts.admin.actions import ActionRequest, AdminAction
from accounts.models import User
from accounts.personal_data import erasure, export


def _sign_out(request: ActionRequest) -> str:
    sign_out.everywhere(user_id=request.target.pk)
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
        description="Ends every session and every API key. With the phone or the password, the user can sign in again "
        "at once.",
        run=_sign_out,
        is_available=lambda user: user.erasing_at is None,
    ),
    UNLOCK,
    AdminAction(
        name="disable",
        title="Disable",
        icon="block",
        permission="accounts.disable_user",
        description="Signs the user out everywhere, ends all API keys, and refuses sign-in with this phone number "
        "until the account is enabled. A subscription continues.",
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
