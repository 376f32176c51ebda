"""What customers do on the pages, and what tests do without them."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.doubles.stripe import pages
from tests.doubles.stripe.objects import StripeObject
from tests.doubles.stripe.state import period_of
from tests.doubles.stripe.store import ApiError

if TYPE_CHECKING:
    from tests.doubles.stripe.server import Server

DAY = 24 * 3600


@dataclass
class Switches:
    """How the API misbehaves. `delays` are [path prefix, seconds, when (before or after), how many times]."""

    down: bool = False
    hang: float = 0.0
    cut_after: int = 0
    """The number of next POSTs that are carried out and whose responses are never sent."""
    dead_keys: list[str] = field(default_factory=list)
    delays: list[list[Any]] = field(default_factory=list)
    failures: list[list[Any]] = field(default_factory=list)
    """[path prefix, status, code, how many times]: errors of calls that Stripe had begun to carry out."""

    def fail(self, method: str, path: str) -> None:
        """Fail the call if a switch says so.

        Raises:
            ApiError: a switch does.
        """
        for failure in self.failures:
            prefix, status, code, times = failure
            if times > 0 and f"{method} {path}".startswith(prefix):
                failure[3] -= 1
                kind = "api_error" if status >= 500 else "invalid_request_error"
                raise ApiError("Something went wrong, as a switch says.", status=status, code=code, kind=kind)

    def before(self, path: str) -> bool:
        """Wait if a switch says so; False if the connection is to be closed."""
        self._wait(path, "before")
        if self.hang:
            time.sleep(self.hang)
            return False
        return True

    def after(self, path: str) -> bool:
        """Wait if a switch says so, with the response computed; False if the connection is to be closed."""
        self._wait(path, "after")
        if self.cut_after > 0:
            self.cut_after -= 1
            return False
        return True

    def _wait(self, path: str, when: str) -> None:
        for delay in self.delays:
            prefix, seconds, moment, times = delay
            if moment == when and times > 0 and path.startswith(prefix):
                delay[3] -= 1
                time.sleep(seconds)
                return


def visit(server: "Server", method: str, path: str, form: dict[str, str]) -> tuple[str, str]:
    """A visit to a hosted page: where to redirect to, or else the page.

    Raises:
        ApiError: there is no such page.
    """
    state, (kind, _, object_id) = server.state, path.strip("/").rpartition("/")
    if kind == "c/pay":
        return _pay(server, method, object_id, form)
    if kind == "p/session":
        session = state.get("portals", object_id)
        if method == "GET":
            return "", pages.portal(state, session)
        for subscription in state.subscriptions_of(session["customer"]):
            _do(server, form.get("do", ""), subscription["id"], session["customer"])
        return path, ""
    if path in ("/", "/dashboard"):
        if method == "POST":
            _do(server, form.get("do", ""), form.get("id", ""), form.get("id", ""))
            return "/", ""
        return "", pages.dashboard(state, {"accepted": len(server.deliveries.accepted)})
    raise ApiError("There is no such page.", status=404)


def _pay(server: "Server", method: str, session_id: str, form: dict[str, str]) -> tuple[str, str]:
    session, error = server.state.get("sessions", session_id), ""
    if method == "POST":
        try:
            server.state.pay(session_id, card=form.get("card", "works"))
        except ApiError as refused:
            error = str(refused)
        else:
            return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session_id), ""
    return "", pages.checkout(server.state, session, error)


def _do(server: "Server", what: str, subscription_id: str, customer_id: str) -> None:
    state = server.state
    if what in ("card_works", "card_fails"):
        state.change_card(customer_id, works=what == "card_works")
    elif what == "day":
        state.advance(DAY)
    elif what:
        subscription = state.get("subscriptions", subscription_id)
        match what:
            case "cancel":
                state.schedule_end(subscription)
            case "resume":
                state.resume(subscription)
            case "to_end":
                state.advance(max(0, period_of(subscription)[1] - state.now))
            case "unpaid" | "canceled":
                state.set_status(subscription, what)


def handle_control(server: "Server", what: str, arguments: StripeObject) -> StripeObject:
    """Carry out the control of a test at path `what`.

    Raises:
        KeyError: there is no such control.
    """
    return CONTROLS[what](server, arguments) or {}


def _set_switches(server: "Server", arguments: StripeObject) -> None:
    for name, value in arguments.items():
        setattr(server.switches, name, value)


def _set_deliveries(server: "Server", arguments: StripeObject) -> None:
    for name, value in arguments.items():
        setattr(server.deliveries, name, value)


def _advance(server: "Server", arguments: StripeObject) -> None:
    server.state.advance(arguments["seconds"])


def _set_status(server: "Server", arguments: StripeObject) -> None:
    server.state.set_status(server.state.get("subscriptions", arguments["id"]), arguments["status"])


def _send(server: "Server", arguments: StripeObject) -> StripeObject:
    event = arguments.get("event") or server.state.get("events", arguments["id"])
    how = {name: arguments.get(name) for name in ("secret", "timestamp")}
    return {"status": server.deliveries.send(event, **how)}


def _release(server: "Server", arguments: StripeObject) -> None:
    order = list(range(len(server.deliveries.held or [])))
    server.deliveries.release(arguments.get("order") or random.sample(order, len(order)))


def _objects(server: "Server", arguments: StripeObject) -> StripeObject:
    return {**server.state.objects, "now": {"now": server.state.now}}


def _press(server: "Server", arguments: StripeObject) -> None:
    _do(server, arguments["do"], arguments["id"], arguments["id"])


def _calls(server: "Server", arguments: StripeObject) -> StripeObject:
    return {"calls": server.calls}


def _delivery_attempts(server: "Server", arguments: StripeObject) -> StripeObject:
    return {"attempts": server.deliveries.attempts, "accepted": sorted(server.deliveries.accepted)}


def _forget_calls(server: "Server", arguments: StripeObject) -> None:
    server.calls.clear()
    server.deliveries.attempts.clear()


def _dispute(server: "Server", arguments: StripeObject) -> StripeObject:
    charge = server.state.get("charges", arguments["charge"])
    return server.state.dispute(charge, status=arguments["status"], reason=arguments.get("reason", "fraudulent"))


def _decide(server: "Server", arguments: StripeObject) -> None:
    server.state.decide(server.state.get("disputes", arguments["id"]), arguments["status"])


def _refund(server: "Server", arguments: StripeObject) -> None:
    server.state.refund(server.state.get("charges", arguments["charge"]), arguments["amount"])


def _warn(server: "Server", arguments: StripeObject) -> StripeObject:
    return server.state.warn(server.state.get("charges", arguments["charge"]))


def _write_off(server: "Server", arguments: StripeObject) -> None:
    server.state.write_off(server.state.get("invoices", arguments["id"]), arguments["status"])


def _edit(server: "Server", arguments: StripeObject) -> None:
    server.state.get(arguments["kind"], arguments["id"]).update(arguments["values"])


def _empty(server: "Server", arguments: StripeObject) -> None:
    server.state.empty()
    server.saved_responses.clear()


CONTROLS: dict[str, Callable[["Server", StripeObject], StripeObject | None]] = {
    "/switches": _set_switches,
    "/deliveries": _set_deliveries,
    "/advance": _advance,
    "/do": _press,
    "/status": _set_status,
    "/send": _send,
    "/release": _release,
    "/objects": _objects,
    "/calls": _calls,
    "/delivery_attempts": _delivery_attempts,
    "/forget_calls": _forget_calls,
    "/dispute": _dispute,
    "/decide": _decide,
    "/refund": _refund,
    "/warn": _warn,
    "/write_off": _write_off,
    "/edit": _edit,
    "/empty": _empty,
}
