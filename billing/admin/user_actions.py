"""The actions of billing on a user's page: grants, units and Stripe."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSingleDateWidget

from accounts.admin.actions import ActionRequest, AdminAction, NotNow, ReasonForm
from accounts.models import User
from billing import events, grants, leases, mirror, quota
from billing.exceptions import NoSubscription
from billing.models import Grant, StripeEvent

LONGEST_GRANT: Final = timedelta(days=366)


class GrantForm(ReasonForm):
    ends_on = forms.DateField(
        label="Until the end of (UTC)",
        widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"}),
        help_text=f"At most {LONGEST_GRANT.days} days from now.",
    )
    field_order = ("ends_on", "reason")

    def clean_ends_on(self) -> datetime:
        """The last second of that day, in UTC."""
        end = datetime.combine(self.cleaned_data["ends_on"], time.max, tzinfo=UTC).replace(microsecond=0)
        if not timezone.now() < end <= timezone.now() + LONGEST_GRANT:
            raise ValidationError(
                f"Choose a day from today on, at most {LONGEST_GRANT.days} days ahead.", code="out_of_range"
            )
        return end


class UnitsForm(ReasonForm):
    units = forms.IntegerField(
        min_value=1,
        max_value=1000,
        label="Units",
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Of today's units, the newest first.",
    )
    field_order = ("units", "reason")


def _grant(request: ActionRequest) -> str:
    end = request.data["ends_on"]
    grants.give(user_id=request.target.pk, ends_at=end, reason=request.reason, granted_by=request.staff.pk)
    return f"Pro until {end:%d %b %Y, %H:%M} UTC."


def _revoke(request: ActionRequest) -> str:
    running = Grant.objects.filter(user=request.target, revoked_at=None, ends_at__gt=timezone.now())
    for grant in running:
        grants.revoke(grant=grant, revoked_by=request.staff.pk)
    return "All grants were revoked. A subscription continues."


def _refund(request: ActionRequest) -> str:
    return _refund_message(quota.refund_newest(user_id=request.target.pk, at_most=request.data["units"]))


def _reset_allowance(request: ActionRequest) -> str:
    return _refund_message(quota.refund_newest(user_id=request.target.pk, at_most=None))


def _refund_message(count: int) -> str:
    if not count:
        raise NotNow("No unit was spent today, or all were refunded already.")
    return f"{count} refunded."


def _resync(request: ActionRequest) -> str:
    customers = mirror.customers_of(user_id=request.target.pk).values_list("id", flat=True)
    if not customers:
        raise NoSubscription
    try:
        for customer_id in customers:
            mirror.refresh_customer(customer_id=customer_id)
    except (leases.LeaseBusy, leases.LeaseLost):
        raise NotNow("A worker is syncing this customer now; try again in a few seconds.") from None
    return "Synced with Stripe."


def _has_grant(user: Any) -> bool:
    entitlement = getattr(user, "entitlement", None)
    return bool(entitlement and entitlement.grant_until and entitlement.grant_until > timezone.now())


def _is_not_erased(user: User) -> bool:
    return user.erasing_at is None


ACTIONS: Final = (
    AdminAction(
        name="grant_pro",
        title="Grant Pro",
        icon="star",
        permission="billing.give_grant",
        description="Gives Pro until the end of a day, independent of any subscription. It ends automatically.",
        run=_grant,
        form=GrantForm,
        is_available=_is_not_erased,
    ),
    AdminAction(
        name="revoke_pro",
        title="Revoke grants",
        icon="star_half",
        permission="billing.revoke_grant",
        description="Ends every grant now. A subscription is not affected.",
        run=_revoke,
        is_available=_has_grant,
    ),
    AdminAction(
        name="give_back",
        title="Refund units",
        icon="undo",
        permission="billing.give_back_units",
        description="Refunds units that were spent today, so that the user can send as many more messages.",
        run=_refund,
        form=UnitsForm,
        is_available=_is_not_erased,
    ),
    AdminAction(
        name="reset_allowance",
        title="Reset today's allowance",
        icon="restart_alt",
        permission="billing.give_back_units",
        description="Refunds every unit that was spent today.",
        run=_reset_allowance,
        is_available=_is_not_erased,
    ),
    AdminAction(
        name="resync",
        title="Resync with Stripe",
        icon="sync",
        permission="billing.resync_customer",
        description="Fetches the current state of this customer from Stripe, for a user who has paid and is not Pro, "
        "or has cancelled and still is Pro.",
        run=_resync,
        is_available=_is_not_erased,
    ),
)


def _replay_event(request: ActionRequest) -> str:
    events.replay(StripeEvent.objects.filter(pk=request.target.pk))
    return "It will be processed within seconds."


REPLAY_EVENT: Final = AdminAction(
    name="replay",
    title="Process again",
    icon="replay",
    permission="billing.replay_stripeevent",
    description="A worker fetches the state of this customer from Stripe again. Doing so twice does no harm.",
    run=_replay_event,
)
