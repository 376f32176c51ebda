"""A person on the desk: what they may use, what they pay, and what can be done about it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.utils import timezone
from djstripe.models import Customer, Invoice, Subscription
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSingleDateWidget

from accounts.admin.base import Deed, NotNow, Order, ReasonForm
from accounts.admin.panels import SHOWN, Card, Link, Mark
from accounts.models import User
from billing import events, grants, leases, mirror, money, payment_issues, quota, subscriptions
from billing.exceptions import NoSubscription
from billing.models import Grant, PaymentIssue, StripeEvent

LONGEST_GRANT: Final = timedelta(days=366)

# Cards


def tier_card(user: User) -> Card:
    """The tier and why, and what is left of today."""
    allowance = quota.allowance_of(user_id=user.pk)
    standing = allowance.standing
    given = Grant.objects.filter(user=user).select_related("granted_by").order_by("-pk")[:SHOWN]
    limit = ", without a limit" if allowance.limit is None else f" of {allowance.limit}"
    return Card(
        title="Tier and allowance",
        facts=[
            ("Tier", Mark(standing.tier.name, "success" if standing.until else "info")),
            (
                "Because of",
                {"stripe": "a subscription", "grant": "a grant", "default": "nothing else"}[standing.source],
            ),
            ("Until", standing.until),
            ("Used today", f"{allowance.used}{limit}"),
            ("Anew at", allowance.resets_at),
            ("Tokens today", f"{allowance.today.prompt:,} read, {allowance.today.output:,} written"),
            ("Tokens this month", f"{allowance.month.prompt:,} read, {allowance.month.output:,} written"),
        ],
        headers=["Granted", "Until", "Why", "By", "Revoked"],
        rows=[[each.created_at, each.ends_at, each.reason, each.by, each.revoked_at] for each in given],
        none="Nothing was ever granted.",
    )


def payments_card(user: User) -> Card:
    """What Stripe says, as far as it is known here."""
    customer = _customer_of(user)
    all_paid = subscriptions.all_of(user_id=user.pk) if customer else []
    paid = next(iter(all_paid), None)
    invoices = Invoice.objects.filter(customer__subscriber=user).order_by("-created")[:SHOWN] if customer else []
    facts: list[tuple[str, Any]] = [("Customer", _at_stripe("customers", customer.id) if customer else None)]
    if paid:
        facts += [
            ("Subscription", _at_stripe("subscriptions", paid.id)),
            ("Status", Mark(paid.status, "success" if paid.status in ("active", "trialing") else "danger")),
            ("Period ends", paid.period_end),
            ("Cancels", paid.cancels_at),
        ]
        running = sum(each.status in subscriptions.RUNNING for each in all_paid)
        if running > 1:
            facts.append(("Subscriptions", Mark(f"{running} go on", "danger")))
    facts += [_issue(each) for each in payment_issues.of_user(user_id=user.pk)[:SHOWN]]
    if customer and customer.waiting:
        facts.append(("Events not processed", Mark(str(customer.waiting), "warning")))
    return Card(
        title="Payments",
        facts=facts,
        headers=["Invoice", "Of", "Amount", "Status"],
        rows=[_invoice(each) for each in invoices],
        none="No invoice.",
    )


def _customer_of(user: User) -> Any:
    waiting = (
        StripeEvent.objects.filter(customer_id=OuterRef("id"), processed_at=None)
        .order_by()
        .values("customer_id")
        .annotate(count=Count("*"))
        .values("count")
    )
    mine = mirror.customers_of(user_id=user.pk)
    return mine.annotate(waiting=Subquery(waiting, output_field=IntegerField())).first()


def _invoice(invoice: Any) -> list[Any]:
    content = invoice.stripe_data
    amount = money.written(content.get("total"), content.get("currency") or "")
    return [_at_stripe("invoices", invoice.id), invoice.created, amount, content.get("status")]


def _issue(issue: PaymentIssue) -> tuple[str, Mark]:
    told = [issue.status, issue.reason, money.written(issue.amount, issue.currency), f"{issue.created:%Y-%m-%d}"]
    return issue.get_kind_display().capitalize(), Mark(", ".join(filter(None, told)), "danger")


def _at_stripe(kind: str, object_id: str) -> Link:
    """The object's page in Stripe's dashboard."""
    mode = "" if settings.STRIPE_LIVE_MODE else "test/"
    return Link(object_id, f"https://dashboard.stripe.com/{mode}{kind}/{object_id}")


def people_of_stripe(term: str) -> list[int] | None:
    """The people behind an id of Stripe's; None if it is none."""
    match term.partition("_")[0]:
        case "cus":
            owners = Customer.objects.filter(id=term)
        case "sub":
            owners = Customer.objects.filter(id__in=Subscription.objects.filter(id=term).values("customer_id"))
        case "in":
            owners = Customer.objects.filter(id__in=Invoice.objects.filter(id=term).values("customer_id"))
        case _:
            return None
    return list(owners.filter(subscriber__isnull=False).values_list("subscriber_id", flat=True))


# Deeds


class GrantForm(ReasonForm):
    """Until when."""

    ends_on = forms.DateField(
        label="Until the end of (UTC)",
        widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"}),
        help_text=f"At most {LONGEST_GRANT.days} days from now.",
    )
    field_order = ("ends_on", "reason")

    def clean_ends_on(self) -> datetime:
        """The end of that day, as a moment."""
        end = datetime.combine(self.cleaned_data["ends_on"], time.max, tzinfo=UTC).replace(microsecond=0)
        if not timezone.now() < end <= timezone.now() + LONGEST_GRANT:
            raise ValidationError(f"A day from today on, at most {LONGEST_GRANT.days} days ahead.", code="out_of_range")
        return end


class UnitsForm(ReasonForm):
    """How many."""

    units = forms.IntegerField(
        min_value=1,
        max_value=1000,
        label="Units",
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Of today, the newest first.",
    )
    field_order = ("units", "reason")


def _grant(order: Order) -> str:
    end = order.data["ends_on"]
    grants.give(user_id=order.target.pk, ends_at=end, reason=order.reason, granted_by=order.staff.pk)
    return f"Pro until {end:%d %b %Y, %H:%M} UTC."


def _revoke(order: Order) -> str:
    running = Grant.objects.filter(user=order.target, revoked_at=None, ends_at__gt=timezone.now())
    for grant in running:
        grants.revoke(grant=grant, revoked_by=order.staff.pk)
    return "Every grant was revoked. A subscription goes on."


def _give_back(order: Order) -> str:
    return _returned(quota.give_back_newest(user_id=order.target.pk, at_most=order.data["units"]))


def _reset(order: Order) -> str:
    return _returned(quota.give_back_newest(user_id=order.target.pk, at_most=None))


def _returned(count: int) -> str:
    if not count:
        raise NotNow("No unit was spent today that was not given back.")
    return f"{count} given back."


def _resync(order: Order) -> str:
    customers = mirror.customers_of(user_id=order.target.pk).values_list("id", flat=True)
    if not customers:
        raise NoSubscription
    try:
        for customer_id in customers:
            mirror.refresh_customer(customer_id=customer_id)
    except (leases.LeaseBusy, leases.LeaseLost):
        raise NotNow("A worker is at this customer; try again in a few seconds.") from None
    return "What Stripe says now is stored."


def _has_grant(user: Any) -> bool:
    entitlement = getattr(user, "entitlement", None)
    return bool(entitlement and entitlement.grant_until and entitlement.grant_until > timezone.now())


def _is_kept(user: User) -> bool:
    return user.erasing_at is None


DEEDS: Final = (
    Deed(
        name="grant_pro",
        title="Grant Pro",
        icon="star",
        permission="billing.give_grant",
        explain="Gives Pro until the end of a day, beside whatever is paid for. It ends by itself.",
        act=_grant,
        form=GrantForm,
        when=_is_kept,
    ),
    Deed(
        name="revoke_pro",
        title="Revoke grants",
        icon="star_half",
        permission="billing.revoke_grant",
        explain="Ends every grant now. What is paid for is not touched.",
        act=_revoke,
        when=_has_grant,
    ),
    Deed(
        name="give_back",
        title="Give units back",
        icon="undo",
        permission="billing.give_back_units",
        explain="Gives back units that were spent today, so that the person can send as many messages more.",
        act=_give_back,
        form=UnitsForm,
        when=_is_kept,
    ),
    Deed(
        name="reset_allowance",
        title="Reset today's allowance",
        icon="restart_alt",
        permission="billing.give_back_units",
        explain="Gives back every unit that was spent today.",
        act=_reset,
        when=_is_kept,
    ),
    Deed(
        name="resync",
        title="Resync with Stripe",
        icon="sync",
        permission="billing.resync_customer",
        explain="Asks Stripe what is true of this customer now, and stores it: for whoever has paid and is not Pro, or "
        "has cancelled and still is.",
        act=_resync,
        when=_is_kept,
    ),
)


def replay_event(order: Order) -> str:
    """Have an event of Stripe's processed again."""
    events.replay(StripeEvent.objects.filter(pk=order.target.pk))
    return "It is processed within seconds."
