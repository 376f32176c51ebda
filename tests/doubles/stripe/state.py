"""How the pretend Stripe changes: paying, renewing, failing, cancelling, and the passing of time."""

from datetime import UTC, datetime
from typing import Any

from tests.doubles.stripe import objects
from tests.doubles.stripe.objects import StripeObject
from tests.doubles.stripe.store import ENDED, ApiError, Store


class State(Store):
    """Everything that can happen to what is stored."""

    # Customers

    def delete_customer(self, customer_id: str) -> StripeObject:
        """Delete a customer, and end its subscriptions and sessions with it."""
        customer = self.get("customers", customer_id)
        if customer.get("deleted"):
            raise ApiError(f"No such customer: '{customer_id}'", code="resource_missing", status=404)
        for subscription in self.subscriptions_of(customer_id):
            self.end(subscription)
        for session in self.objects["sessions"].values():
            if session["customer"] == customer_id and session["status"] == "open":
                session["status"] = "expired"
        self.record_event("customer.deleted", customer)
        gone = {"id": customer_id, "object": "customer", "deleted": True}
        self.objects["customers"][customer_id] = gone
        return gone

    def subscriptions_of(self, customer_id: str) -> list[StripeObject]:
        """The customer's subscriptions that have not ended."""
        found = self.objects["subscriptions"].values()
        return [each for each in found if each["customer"] == customer_id and each["status"] not in ENDED]

    # Paying

    def pay(self, session_id: str, *, card: str) -> StripeObject:
        """Pay a session. `card`: works, declined (now), fails_later (at renewals).

        Raises:
            ApiError: the session is not open, or the card is declined.
        """
        session = self.get("sessions", session_id)
        self._expire(session)
        if session["status"] != "open":
            raise ApiError(f"This session is {session['status']}.")
        if card == "declined":
            raise ApiError("Your card was declined.", code="card_declined", status=402, kind="card_error")
        start = self.now
        subscription = objects.subscription(
            now=start,
            end=a_month_after(start),
            customer=session["customer"],
            price=self.get("prices", session["price_id"]),
            metadata=session["subscription_metadata"],
        )
        self.add("subscriptions", subscription)
        self.record_event("customer.subscription.created", subscription)
        self._set_card(session["customer"], works=card != "fails_later")
        customer = self.get("customers", session["customer"])
        if customer["email"] is None:  # Checkout asks for it when it is missing
            customer["email"] = f"{customer['id']}@example.com"
            self.record_event("customer.updated", customer)
        invoice = self._bill(subscription, reason="subscription_create", paid=True)
        session |= {
            "status": "complete",
            "payment_status": "paid",
            "subscription": subscription["id"],
            "invoice": invoice["id"],
        }
        self.record_event("checkout.session.completed", session)
        subscription["status"] = "active"
        self.record_event("customer.subscription.updated", subscription)
        return subscription

    def _set_card(self, customer_id: str, *, works: bool) -> None:
        self.failing = [each for each in self.failing if each != customer_id]
        if not works:
            self.failing.append(customer_id)

    def change_card(self, customer_id: str, *, works: bool) -> None:
        """Change a customer's card; one that works pays what is due."""
        self._set_card(customer_id, works=works)
        for subscription in self.subscriptions_of(customer_id):
            if works and subscription["status"] in ("past_due", "unpaid"):
                self._pay_invoice(self.get("invoices", subscription["latest_invoice"]))
                self.set_status(subscription, "active")

    def _bill(self, subscription: StripeObject, *, reason: str, paid: bool) -> StripeObject:
        number = len(self.objects["invoices"]) + 1
        invoice = objects.invoice(now=self.now, subscription=subscription, reason=reason, number=number)
        self.add("invoices", invoice)
        subscription["latest_invoice"] = invoice["id"]
        self.record_event("invoice.created", invoice)
        self.record_event("invoice.finalized", invoice)
        if paid:
            self._pay_invoice(invoice)
        else:
            invoice |= {"attempted": True, "attempt_count": 1}
            self.record_event("invoice.payment_failed", invoice)
        return invoice

    def _pay_invoice(self, invoice: StripeObject) -> None:
        total = invoice["total"]
        invoice |= {"status": "paid", "amount_paid": total, "amount_remaining": 0, "attempted": True}
        invoice["attempt_count"] += 1
        invoice["status_transitions"]["paid_at"] = self.now
        self.add("charges", objects.charge(now=self.now, invoice=invoice))
        self.record_event("invoice.paid", invoice)
        self.record_event("invoice.payment_succeeded", invoice)

    def write_off(self, invoice: StripeObject, status: str) -> None:
        """Void an open invoice, as a returned bank debit does, or mark it uncollectible; that ends `past_due`."""
        invoice["status"] = status
        invoice |= {"amount_paid": 0, "amount_remaining": invoice["total"]}
        self.record_event("invoice.voided" if status == "void" else "invoice.marked_uncollectible", invoice)
        for subscription in self.subscriptions_of(invoice["customer"]):
            if subscription["status"] == "past_due":
                self.set_status(subscription, "active")

    # Disputes and refunds

    def dispute(self, charge: StripeObject, *, status: str, reason: str) -> StripeObject:
        charge["disputed"] = True
        dispute = objects.dispute(now=self.now, charge=charge, status=status, reason=reason)
        self.add("disputes", dispute)
        self.record_event("charge.dispute.created", dispute)
        return dispute

    def decide(self, dispute: StripeObject, status: str) -> None:
        dispute["status"] = status
        self.record_event("charge.dispute.closed" if status in ("won", "lost") else "charge.dispute.updated", dispute)

    def refund(self, charge: StripeObject, amount: int) -> None:
        """Refund an amount of a charge."""
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self.record_event("charge.refunded", charge)

    def warn(self, charge: StripeObject) -> StripeObject:
        """Have a bank warn that a charge is fraudulent."""
        warning = self.add("warnings", objects.early_fraud_warning(now=self.now, charge=charge))
        self.record_event("radar.early_fraud_warning.created", warning)
        return warning

    # Changing a subscription

    def schedule_end(self, subscription: StripeObject) -> None:
        """Cancel as the portal does in flexible billing mode: an end date, and `cancel_at_period_end` stays false."""
        subscription |= {"cancel_at": period_of(subscription)[1], "canceled_at": self.now}
        subscription["cancellation_details"]["reason"] = "cancellation_requested"
        self.record_event("customer.subscription.updated", subscription)

    def resume(self, subscription: StripeObject) -> None:
        """Undo a cancellation."""
        subscription |= {"cancel_at": None, "cancel_at_period_end": False, "canceled_at": None}
        self.record_event("customer.subscription.updated", subscription)

    def set_status(self, subscription: StripeObject, status: str) -> None:
        """Set a status, as Stripe's own timers would."""
        if status == "canceled":
            self.end(subscription)
        else:
            subscription["status"] = status
            self.record_event("customer.subscription.updated", subscription)

    def end(self, subscription: StripeObject) -> None:
        subscription |= {"status": "canceled", "ended_at": self.now, "canceled_at": self.now}
        self.record_event("customer.subscription.deleted", subscription)

    # Time

    def advance(self, seconds: int) -> None:
        """Move the clock forward, and do what falls due until then, in order."""
        target = self.now + seconds
        while True:
            due = [
                each
                for each in self.objects["subscriptions"].values()
                if _is_renewed(each) and _next_change(each) <= target
            ]
            if not due:
                break
            first = min(due, key=_next_change)
            self.offset += max(0, _next_change(first) - self.now)
            self._period_ends(first)
        self.offset += max(0, target - self.now)
        for session in self.objects["sessions"].values():
            self._expire(session)

    def _period_ends(self, subscription: StripeObject) -> None:
        if subscription["cancel_at"] and subscription["cancel_at"] <= self.now:
            self.end(subscription)
            return
        start, end = period_of(subscription)[1], a_month_after(period_of(subscription)[1])
        for item in subscription["items"]["data"]:
            item |= {"current_period_start": start, "current_period_end": end}
        paid = subscription["customer"] not in self.failing
        self._bill(subscription, reason="subscription_cycle", paid=paid)
        if subscription["status"] in ("active", "trialing", "past_due"):
            subscription["status"] = "active" if paid else "past_due"
        self.record_event("customer.subscription.updated", subscription)

    def _expire(self, session: StripeObject) -> None:
        if session["status"] == "open" and session["expires_at"] <= self.now:
            session["status"] = "expired"


def a_month_after(moment: int) -> int:
    """The same day of the next month, or that month's last day."""
    then = datetime.fromtimestamp(moment, UTC)
    year, month = then.year + then.month // 12, then.month % 12 + 1
    for day in (then.day, 30, 29, 28):
        try:
            return int(then.replace(year=year, month=month, day=min(day, then.day)).timestamp())
        except ValueError:
            continue
    raise AssertionError(moment)


def period_of(subscription: StripeObject) -> tuple[int, int]:
    """Start and end of the current period."""
    item: dict[str, Any] = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def _is_renewed(subscription: StripeObject) -> bool:
    return subscription["status"] in ("active", "trialing", "past_due", "unpaid")


def _next_change(subscription: StripeObject) -> int:
    end = period_of(subscription)[1]
    return min(end, subscription["cancel_at"] or end)
