"""The pretend Stripe as a test holds it: in its own process, with all its switches."""

import json
import urllib.request
from typing import Any

import requests

from tests.doubles.process import DoubleProcess

KEY = "sk_test_" + "pretend0" * 4
SECRET = "whsec_pretended_for_tests"


class StripeDouble(DoubleProcess):
    """A Stripe that can be paid at, moved in time, stopped, slowed down and asked what it was called for."""

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
        """What makes Kuvaka talk to it."""
        return {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET, "STRIPE_API_HOST": self.base_url}

    # What a person does

    def pay(self, checkout_url: str, card: str = "works") -> requests.Response:
        """Fill in the checkout page; the answer is the redirection, or the page with the error."""
        return requests.post(checkout_url, data={"card": card}, allow_redirects=False, timeout=30)

    def at_portal(self, portal_url: str, do: str) -> None:
        """Press a button of the portal: cancel, resume, card_works, card_fails."""
        requests.post(portal_url, data={"do": do}, allow_redirects=False, timeout=30).raise_for_status()

    # What passes by itself

    def advance(self, seconds: int) -> None:
        self.ask("/advance", seconds=seconds)

    def to_period_end(self, subscription: str) -> None:
        self.ask("/do", do="to_end", id=subscription)

    def set_status(self, subscription: str, status: str) -> None:
        self.ask("/status", id=subscription, status=status)

    def charge_of(self, customer: str) -> str:
        """The id of the charge that the customer paid last."""
        return [each["id"] for each in self.things("charges").values() if each["customer"] == customer][-1]

    def dispute(self, charge: str, status: str = "needs_response") -> str:
        """Have a charge disputed; the dispute's id."""
        return str(self.ask("/dispute", charge=charge, status=status)["id"])

    def decide(self, dispute: str, status: str) -> None:
        self.ask("/decide", id=dispute, status=status)

    def refund(self, charge: str, amount: int) -> None:
        self.ask("/refund", charge=charge, amount=amount)

    def warn(self, charge: str) -> None:
        self.ask("/warn", charge=charge)

    def write_off(self, invoice: str, status: str) -> None:
        """Void an invoice, or mark it uncollectible."""
        self.ask("/write_off", id=invoice, status=status)

    # Switches

    def switch(self, **values: Any) -> None:
        """down, hang, cut_after, dead_keys, delays=[[prefix, seconds, before|after, times]],
        failures=[["POST /v1/customers", status, code, times]].
        """
        self.ask("/switches", **values)

    def deliver(self, **values: Any) -> None:
        """url, secret, enabled, copies, drop, held ([] to hold)."""
        self.ask("/deliveries", **values)

    def release(self, order: list[int] | None = None) -> None:
        self.ask("/release", order=order)

    def send(self, event: str, **how: Any) -> int:
        """Send an event (by its id) once more; the webhook's status."""
        return int(self.ask("/send", id=event, **how)["status"])

    def reset(self) -> None:
        """All switches off, ledgers empty; what exists stays."""
        self.switch(down=False, hang=0, cut_after=0, dead_keys=[], delays=[], failures=[])
        self.deliver(enabled=True, copies=1, drop=0, held=None)
        self.ask("/forget")

    def edit(self, kind: str, thing: str, **values: Any) -> None:
        """Change what exists behind its back; no event tells of it."""
        self.ask("/edit", kind=kind, id=thing, values=values)

    def empty(self) -> None:
        """All that exists is gone, idempotency keys too."""
        self.ask("/empty")

    # Questions

    def things(self, kind: str) -> dict[str, dict[str, Any]]:
        """customers, products, prices, subscriptions, invoices, sessions, portals, events: by id."""
        return dict(self.ask("/things")[kind])

    def calls(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """The calls to the API, oldest first."""
        found = self.ask("/ledger")["calls"]
        return [each for each in found if each["method"].startswith(method) and each["path"].startswith(path)]

    def deliveries(self) -> list[dict[str, Any]]:
        """Every try at a delivery: event, type, status."""
        return list(self.ask("/answers")["answers"])

    def ask(self, path: str, **given: Any) -> Any:
        request = urllib.request.Request(
            f"{self.base_url}/__pretend__{path}", method="POST", data=json.dumps(given).encode()
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=60) as answer:
            return json.load(answer)
