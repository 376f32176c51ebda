"""The pretend Stripe as tests use it: in its own process, with all its switches."""

import json
import urllib.request
from typing import Any

import requests

from tests.doubles.process import DoubleProcess

KEY = "sk_test_" + "pretend0" * 4
SECRET = "whsec_pretended_for_tests"


class StripeDouble(DoubleProcess):
    """A Stripe whose clock, failures and webhooks a test controls."""

    def __init__(self, *, webhook_url: str = "", port: int = 0, state: str = "") -> None:
        arguments = [*(["--webhook-url", webhook_url] if webhook_url else []), *(["--state", state] if state else [])]
        super().__init__(
            module="tests.doubles.stripe",
            port=port,
            arguments=arguments,
            DEBUG="true",
            STRIPE_WEBHOOK_SECRET=SECRET,
        )

    def settings(self) -> dict[str, str]:
        """The settings that make Kuvaka use it."""
        return {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET, "STRIPE_API_HOST": self.base_url}

    # What a customer does

    def pay(self, checkout_url: str, card: str = "works") -> requests.Response:
        """Submit the checkout page; the response is the redirect, or the page with the error."""
        return requests.post(checkout_url, data={"card": card}, allow_redirects=False, timeout=30)

    def at_portal(self, portal_url: str, do: str) -> None:
        """Press a button of the portal: cancel, resume, card_works or card_fails."""
        requests.post(portal_url, data={"do": do}, allow_redirects=False, timeout=30).raise_for_status()

    # What happens at Stripe

    def advance(self, seconds: int) -> None:
        self.control("/advance", seconds=seconds)

    def to_period_end(self, subscription: str) -> None:
        self.control("/do", do="to_end", id=subscription)

    def set_status(self, subscription: str, status: str) -> None:
        self.control("/status", id=subscription, status=status)

    def charge_of(self, customer: str) -> str:
        """The id of the customer's latest charge."""
        return [each["id"] for each in self.objects("charges").values() if each["customer"] == customer][-1]

    def dispute(self, charge: str, status: str = "needs_response") -> str:
        """Dispute a charge; the dispute's id."""
        return str(self.control("/dispute", charge=charge, status=status)["id"])

    def decide(self, dispute: str, status: str) -> None:
        self.control("/decide", id=dispute, status=status)

    def refund(self, charge: str, amount: int) -> None:
        self.control("/refund", charge=charge, amount=amount)

    def warn(self, charge: str) -> None:
        self.control("/warn", charge=charge)

    def write_off(self, invoice: str, status: str) -> None:
        """Void an invoice, or mark it uncollectible."""
        self.control("/write_off", id=invoice, status=status)

    # Switches

    def switch(self, **values: Any) -> None:
        """down, hang, cut_after, dead_keys, delays=[[prefix, seconds, before|after, times]],
        failures=[["POST /v1/customers", status, code, times]].
        """
        self.control("/switches", **values)

    def deliver(self, **values: Any) -> None:
        """url, secret, enabled, copies, drop, held ([] to hold)."""
        self.control("/deliveries", **values)

    def release(self, order: list[int] | None = None) -> None:
        self.control("/release", order=order)

    def send(self, event: str, **how: Any) -> int:
        """Send an event again; the status of the webhook's response."""
        return int(self.control("/send", id=event, **how)["status"])

    def forget_calls(self) -> None:
        """Forget the calls and the delivery attempts so far."""
        self.control("/forget_calls")

    def reset(self) -> None:
        """Turn all switches off and forget the calls; the objects stay."""
        self.switch(down=False, hang=0, cut_after=0, dead_keys=[], delays=[], failures=[])
        self.deliver(enabled=True, copies=1, drop=0, held=None)
        self.forget_calls()

    def edit(self, kind: str, object_id: str, **values: Any) -> None:
        """Change an object without an event."""
        self.control("/edit", kind=kind, id=object_id, values=values)

    def empty(self) -> None:
        """Delete all objects and idempotency keys."""
        self.control("/empty")

    # Questions

    def objects(self, kind: str) -> dict[str, dict[str, Any]]:
        """customers, products, prices, subscriptions, invoices, sessions, portals, events: by id."""
        return dict(self.control("/objects")[kind])

    def calls(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """The calls to the API, oldest first."""
        found = self.control("/calls")["calls"]
        return [each for each in found if each["method"].startswith(method) and each["path"].startswith(path)]

    def deliveries(self) -> list[dict[str, Any]]:
        """Every attempt to deliver an event: event, type, status."""
        return list(self.control("/delivery_attempts")["attempts"])

    def control(self, path: str, **arguments: Any) -> Any:
        request = urllib.request.Request(
            f"{self.base_url}/__pretend__{path}", method="POST", data=json.dumps(arguments).encode()
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=60) as response:
            return json.load(response)
