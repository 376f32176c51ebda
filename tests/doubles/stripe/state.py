"""What the pretend Stripe knows, and how it changes: paying, renewing, failing, cancelling, and the passing of time."""

import copy
import json
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.doubles.stripe import objects
from tests.doubles.stripe.objects import Thing

KINDS = (
    *("customers", "products", "prices", "subscriptions", "invoices", "sessions", "portals", "events"),
    *("charges", "disputes", "warnings"),
)
ENDED = ("canceled", "incomplete_expired")
OURS = ("price_id", "subscription_metadata")
"""What is remembered of a session and never sent."""


class Refused(Exception):
    """What Stripe would answer 4xx to."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        status: int = 400,
        kind: str = "invalid_request_error",
        param: str = "",
    ) -> None:
        super().__init__(message)
        self.code, self.status, self.kind, self.param = code, status, kind, param


class World:
    """All of it, under one lock. `announce` gets every event that happens; `endpoint` says where they are sent."""

    def __init__(
        self, *, state: Path | None, announce: Callable[[Thing], None], endpoint: Callable[[], str] = str
    ) -> None:
        self.lock = threading.RLock()
        self.endpoint = endpoint
        self._state, self._announce = state, announce
        self.things: dict[str, dict[str, Thing]] = {kind: {} for kind in KINDS}
        self.offset = 0
        self.delivered: set[str] = set()
        """Events that the webhook has taken."""
        self.failing: list[str] = []
        """Customers whose card is declined from now on."""
        if state and state.exists():
            kept = json.loads(state.read_text())
            self.things |= kept["things"]
            self.offset, self.failing = kept["offset"], kept["failing"]

    @property
    def now(self) -> int:
        """Seconds since 1970 by the pretend clock."""
        return int(time.time()) + self.offset

    def save(self) -> None:
        """Keep everything in the state file, if there is one."""
        if self._state:
            kept = {"things": self.things, "offset": self.offset, "failing": self.failing}
            fresh = self._state.with_suffix(".new")
            fresh.write_text(json.dumps(kept))
            os.replace(fresh, self._state)

    def empty(self) -> None:
        """Know nothing any more, and go by the real clock."""
        for things in self.things.values():
            things.clear()
        self.offset = 0
        self.failing.clear()
        self.delivered.clear()

    def get(self, kind: str, thing_id: str) -> Thing:
        """One thing.

        Raises:
            Refused: there is none.
        """
        try:
            return self.things[kind][thing_id]
        except KeyError:
            name = {"sessions": "checkout.session", "warnings": "early fraud warning"}.get(kind, kind.removesuffix("s"))
            raise Refused(f"No such {name}: '{thing_id}'", code="resource_missing", status=404) from None

    def add(self, kind: str, thing: Thing) -> Thing:
        """Keep a new thing."""
        self.things[kind][thing["id"]] = thing
        return thing

    def tell(self, kind: str, thing: Thing) -> None:
        """Make an event of the thing as it is now."""
        sent = {name: value for name, value in copy.deepcopy(thing).items() if name not in OURS}
        self._announce(self.add("events", objects.event(now=self.now, kind=kind, thing=sent)))

    # Customers

    def delete_customer(self, customer_id: str) -> Thing:
        """Delete a customer, and end its subscriptions and sessions with it."""
        customer = self.get("customers", customer_id)
        if customer.get("deleted"):
            raise Refused(f"No such customer: '{customer_id}'", code="resource_missing", status=404)
        for subscription in self.subscriptions_of(customer_id):
            self.end(subscription)
        for session in self.things["sessions"].values():
            if session["customer"] == customer_id and session["status"] == "open":
                session["status"] = "expired"
        self.tell("customer.deleted", customer)
        gone = {"id": customer_id, "object": "customer", "deleted": True}
        self.things["customers"][customer_id] = gone
        return gone

    def subscriptions_of(self, customer_id: str) -> list[Thing]:
        """Those of a customer that have not ended."""
        found = self.things["subscriptions"].values()
        return [each for each in found if each["customer"] == customer_id and each["status"] not in ENDED]

    # Paying

    def pay(self, session_id: str, *, card: str) -> Thing:
        """Pay a session. `card`: works, declined (now), fails_later (at renewals).

        Raises:
            Refused: the session is not open, or the card is declined.
        """
        session = self.get("sessions", session_id)
        self._expire(session)
        if session["status"] != "open":
            raise Refused(f"This session is {session['status']}.")
        if card == "declined":
            raise Refused("Your card was declined.", code="card_declined", status=402, kind="card_error")
        start = self.now
        subscription = objects.subscription(
            now=start,
            end=a_month_after(start),
            customer=session["customer"],
            price=self.get("prices", session["price_id"]),
            metadata=session["subscription_metadata"],
        )
        self.add("subscriptions", subscription)
        self.tell("customer.subscription.created", subscription)
        self._set_card(session["customer"], works=card != "fails_later")
        customer = self.get("customers", session["customer"])
        if customer["email"] is None:  # Checkout asks whom it does not know
            customer["email"] = f"{customer['id']}@example.com"
            self.tell("customer.updated", customer)
        invoice = self._bill(subscription, reason="subscription_create", paid=True)
        session |= {
            "status": "complete",
            "payment_status": "paid",
            "subscription": subscription["id"],
            "invoice": invoice["id"],
        }
        self.tell("checkout.session.completed", session)
        subscription["status"] = "active"
        self.tell("customer.subscription.updated", subscription)
        return subscription

    def _set_card(self, customer_id: str, *, works: bool) -> None:
        self.failing = [each for each in self.failing if each != customer_id]
        if not works:
            self.failing.append(customer_id)

    def change_card(self, customer_id: str, *, works: bool) -> None:
        """Give a customer another card; one that works pays what is due."""
        self._set_card(customer_id, works=works)
        for subscription in self.subscriptions_of(customer_id):
            if works and subscription["status"] in ("past_due", "unpaid"):
                self._pay_invoice(self.get("invoices", subscription["latest_invoice"]))
                self.set_status(subscription, "active")

    def _bill(self, subscription: Thing, *, reason: str, paid: bool) -> Thing:
        number = len(self.things["invoices"]) + 1
        invoice = objects.invoice(now=self.now, subscription=subscription, reason=reason, number=number)
        self.add("invoices", invoice)
        subscription["latest_invoice"] = invoice["id"]
        self.tell("invoice.created", invoice)
        self.tell("invoice.finalized", invoice)
        if paid:
            self._pay_invoice(invoice)
        else:
            invoice |= {"attempted": True, "attempt_count": 1}
            self.tell("invoice.payment_failed", invoice)
        return invoice

    def _pay_invoice(self, invoice: Thing) -> None:
        total = invoice["total"]
        invoice |= {"status": "paid", "amount_paid": total, "amount_remaining": 0, "attempted": True}
        invoice["attempt_count"] += 1
        invoice["status_transitions"]["paid_at"] = self.now
        self.add("charges", objects.charge(now=self.now, invoice=invoice))
        self.tell("invoice.paid", invoice)
        self.tell("invoice.payment_succeeded", invoice)

    def write_off(self, invoice: Thing, status: str) -> None:
        """Void an open invoice, as a returned bank debit does, or mark it uncollectible; the subscription is active."""
        invoice["status"] = status
        invoice |= {"amount_paid": 0, "amount_remaining": invoice["total"]}
        self.tell("invoice.voided" if status == "void" else "invoice.marked_uncollectible", invoice)
        for subscription in self.subscriptions_of(invoice["customer"]):
            if subscription["status"] == "past_due":
                self.set_status(subscription, "active")

    # Money that goes back

    def dispute(self, charge: Thing, *, status: str, reason: str) -> Thing:
        """Have a charge disputed."""
        charge["disputed"] = True
        dispute = objects.dispute(now=self.now, charge=charge, status=status, reason=reason)
        self.add("disputes", dispute)
        self.tell("charge.dispute.created", dispute)
        return dispute

    def decide(self, dispute: Thing, status: str) -> None:
        """Give a dispute another status."""
        dispute["status"] = status
        self.tell("charge.dispute.closed" if status in ("won", "lost") else "charge.dispute.updated", dispute)

    def refund(self, charge: Thing, amount: int) -> None:
        """Give money of a charge back."""
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self.tell("charge.refunded", charge)

    def warn(self, charge: Thing) -> Thing:
        """Have a bank take a charge for fraud."""
        warning = self.add("warnings", objects.early_fraud_warning(now=self.now, charge=charge))
        self.tell("radar.early_fraud_warning.created", warning)
        return warning

    # Changing a subscription

    def schedule_end(self, subscription: Thing) -> None:
        """Cancel as the portal does in flexible billing mode: an end date, and `cancel_at_period_end` stays false."""
        subscription |= {"cancel_at": period_of(subscription)[1], "canceled_at": self.now}
        subscription["cancellation_details"]["reason"] = "cancellation_requested"
        self.tell("customer.subscription.updated", subscription)

    def resume(self, subscription: Thing) -> None:
        """Take a cancellation back."""
        subscription |= {"cancel_at": None, "cancel_at_period_end": False, "canceled_at": None}
        self.tell("customer.subscription.updated", subscription)

    def set_status(self, subscription: Thing, status: str) -> None:
        """Give it any status, as Stripe's own timers would."""
        if status == "canceled":
            self.end(subscription)
        else:
            subscription["status"] = status
            self.tell("customer.subscription.updated", subscription)

    def end(self, subscription: Thing) -> None:
        """End it now."""
        subscription |= {"status": "canceled", "ended_at": self.now, "canceled_at": self.now}
        self.tell("customer.subscription.deleted", subscription)

    # Time

    def advance(self, seconds: int) -> None:
        """Let time pass, with all that falls due in it, in order."""
        target = self.now + seconds
        while True:
            due = [each for each in self.things["subscriptions"].values() if _runs(each) and _next(each) <= target]
            if not due:
                break
            first = min(due, key=_next)
            self.offset += max(0, _next(first) - self.now)
            self._period_ends(first)
        self.offset += max(0, target - self.now)
        for session in self.things["sessions"].values():
            self._expire(session)

    def _period_ends(self, subscription: Thing) -> None:
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
        self.tell("customer.subscription.updated", subscription)

    def _expire(self, session: Thing) -> None:
        if session["status"] == "open" and session["expires_at"] <= self.now:
            session["status"] = "expired"


def a_month_after(moment: int) -> int:
    """The same day of the next month, or its last."""
    then = datetime.fromtimestamp(moment, UTC)
    year, month = then.year + then.month // 12, then.month % 12 + 1
    for day in (then.day, 30, 29, 28):
        try:
            return int(then.replace(year=year, month=month, day=min(day, then.day)).timestamp())
        except ValueError:
            continue
    raise AssertionError(moment)


def period_of(subscription: Thing) -> tuple[int, int]:
    """Begin and end of the present period."""
    item: dict[str, Any] = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def _runs(subscription: Thing) -> bool:
    return subscription["status"] in ("active", "trialing", "past_due", "unpaid")


def _next(subscription: Thing) -> int:
    end = period_of(subscription)[1]
    return min(end, subscription["cancel_at"] or end)
