"""The panels of a user's page that billing adds: the tier, the allowance and the payments."""

from typing import Any

from django.conf import settings
from django.db.models import Count, IntegerField, OuterRef, Subquery
from djstripe.models import Customer, Invoice, Subscription

from accounts.admin.panel_registry import ROWS, Badge, Link, Panel
from accounts.models import User
from billing import entitlement_dates, mirror, money, payment_issues, quota
from billing.models import Grant, PaymentIssue, StripeEvent


def tier_panel(user: User) -> Panel:
    allowance = quota.allowance_of(user_id=user.pk)
    status = allowance.tier_status
    newest_grants = Grant.objects.filter(user=user).select_related("granted_by").order_by("-pk")[:ROWS]
    limit = ", no limit" if allowance.limit is None else f" of {allowance.limit}"
    return Panel(
        title="Tier and allowance",
        facts=[
            ("Tier", Badge(status.tier.name, "success" if status.until else "info")),
            ("Source", {"stripe": "a subscription", "grant": "a grant", "default": "the default"}[status.source]),
            ("Until", status.until),
            ("Used today", f"{allowance.used}{limit}"),
            ("Resets at", allowance.resets_at),
            ("Tokens today", f"{allowance.today.prompt:,} prompt, {allowance.today.output:,} output"),
            ("Tokens this month", f"{allowance.month.prompt:,} prompt, {allowance.month.output:,} output"),
        ],
        headers=["Granted", "Until", "Reason", "By", "Revoked"],
        rows=[[each.created_at, each.ends_at, each.reason, each.by, each.revoked_at] for each in newest_grants],
        empty_text="No grants.",
    )


def payments_panel(user: User) -> Panel:
    """The state at Stripe, as last synced."""
    customer = _customer_of(user)
    all_subscriptions = entitlement_dates.all_of(user_id=user.pk) if customer else []
    subscription = next(iter(all_subscriptions), None)
    invoices = Invoice.objects.filter(customer__subscriber=user).order_by("-created")[:ROWS] if customer else []
    facts: list[tuple[str, Any]] = [("Customer", _stripe_link("customers", customer.id) if customer else None)]
    if subscription:
        facts += [
            ("Subscription", _stripe_link("subscriptions", subscription.id)),
            (
                "Status",
                Badge(subscription.status, "success" if subscription.status in ("active", "trialing") else "danger"),
            ),
            ("Period ends", subscription.period_end),
            ("Cancels", subscription.cancels_at),
        ]
        running = sum(each.status in entitlement_dates.RUNNING for each in all_subscriptions)
        if running > 1:
            facts.append(("Subscriptions", Badge(f"{running} active", "danger")))
    facts += [_issue_fact(each) for each in payment_issues.of_user(user_id=user.pk)[:ROWS]]
    if customer and customer.unprocessed_events:
        facts.append(("Events not processed", Badge(str(customer.unprocessed_events), "warning")))
    return Panel(
        title="Payments",
        facts=facts,
        headers=["Invoice", "Created", "Amount", "Status"],
        rows=[_invoice_row(each) for each in invoices],
        empty_text="No invoices.",
    )


def _customer_of(user: User) -> Any:
    unprocessed = (
        StripeEvent.objects.filter(customer_id=OuterRef("id"), processed_at=None)
        .order_by()
        .values("customer_id")
        .annotate(count=Count("*"))
        .values("count")
    )
    customers = mirror.customers_of(user_id=user.pk)
    return customers.annotate(unprocessed_events=Subquery(unprocessed, output_field=IntegerField())).first()


def _invoice_row(invoice: Any) -> list[Any]:
    content = invoice.stripe_data
    amount = money.format_amount(content.get("total"), content.get("currency") or "")
    return [_stripe_link("invoices", invoice.id), invoice.created, amount, content.get("status")]


def _issue_fact(issue: PaymentIssue) -> tuple[str, Badge]:
    parts = [issue.status, issue.reason, money.format_amount(issue.amount, issue.currency), f"{issue.created:%Y-%m-%d}"]
    return issue.get_kind_display().capitalize(), Badge(", ".join(filter(None, parts)), "danger")


def _stripe_link(kind: str, object_id: str) -> Link:
    """A link to the object in Stripe's dashboard."""
    mode = "" if settings.STRIPE_LIVE_MODE else "test/"
    return Link(object_id, f"https://dashboard.stripe.com/{mode}{kind}/{object_id}")


def user_ids_at_stripe(term: str) -> list[int] | None:
    """The users that an id of a customer, subscription or invoice belongs to; None if it is no such id."""
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
