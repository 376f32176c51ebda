"""What people do on the pages, and what tests do behind them."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.doubles.stripe import pages
from tests.doubles.stripe.objects import Thing
from tests.doubles.stripe.state import Refused, period_of

if TYPE_CHECKING:
    from tests.doubles.stripe.server import Server

DAY = 24 * 3600


@dataclass
class Switches:
    """How the API misbehaves. `delays` are [path prefix, seconds, when (before or after), how often]."""

    down: bool = False
    hang: float = 0.0
    cut_after: int = 0
    """So many of the next POSTs are carried out, and their answers never sent."""
    dead_keys: list[str] = field(default_factory=list)
    delays: list[list[Any]] = field(default_factory=list)
    failures: list[list[Any]] = field(default_factory=list)
    """[path prefix, status, code, how often]: what a call that had begun to be carried out is answered with."""

    def fail(self, method: str, path: str) -> None:
        """Fail a call, if it is to fail.

        Raises:
            Refused: it is.
        """
        for failure in self.failures:
            prefix, status, code, times = failure
            if times > 0 and f"{method} {path}".startswith(prefix):
                failure[3] -= 1
                kind = "api_error" if status >= 500 else "invalid_request_error"
                raise Refused("Something went wrong, as it was told to.", status=status, code=code, kind=kind)

    def before(self, path: str) -> bool:
        """Wait as told; False to hang up."""
        self._wait(path, "before")
        if self.hang:
            time.sleep(self.hang)
            return False
        return True

    def after(self, path: str) -> bool:
        """Wait as told, the answer being fixed by now; False to hang up."""
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
    """A visit to a hosted page: where to go next, or else what to show.

    Raises:
        Refused: there is no such page.
    """
    world, (kind, _, thing_id) = server.world, path.strip("/").rpartition("/")
    if kind == "c/pay":
        return _pay(server, method, thing_id, form)
    if kind == "p/session":
        session = world.get("portals", thing_id)
        if method == "GET":
            return "", pages.portal(world, session)
        for subscription in world.subscriptions_of(session["customer"]):
            _do(server, form.get("do", ""), subscription["id"], session["customer"])
        return path, ""
    if path in ("/", "/desk"):
        if method == "POST":
            _do(server, form.get("do", ""), form.get("id", ""), form.get("id", ""))
            return "/", ""
        return "", pages.desk(world, {"taken": len(server.deliveries.taken)})
    raise Refused("There is no such page.", status=404)


def _pay(server: "Server", method: str, session_id: str, form: dict[str, str]) -> tuple[str, str]:
    session, error = server.world.get("sessions", session_id), ""
    if method == "POST":
        try:
            server.world.pay(session_id, card=form.get("card", "works"))
        except Refused as refusal:
            error = str(refusal)
        else:
            return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session_id), ""
    return "", pages.checkout(server.world, session, error)


def _do(server: "Server", what: str, subscription_id: str, customer_id: str) -> None:
    world = server.world
    if what in ("card_works", "card_fails"):
        world.change_card(customer_id, works=what == "card_works")
    elif what == "day":
        world.advance(DAY)
    elif what:
        subscription = world.get("subscriptions", subscription_id)
        match what:
            case "cancel":
                world.schedule_end(subscription)
            case "resume":
                world.resume(subscription)
            case "to_end":
                world.advance(max(0, period_of(subscription)[1] - world.now))
            case "unpaid" | "canceled":
                world.set_status(subscription, what)


def obey(server: "Server", what: str, given: Thing) -> Thing:
    """One order of a test; each is named by its path.

    Raises:
        KeyError: there is no such order.
    """
    return ORDERS[what](server, given) or {}


def _set_switches(server: "Server", given: Thing) -> None:
    for name, value in given.items():
        setattr(server.switches, name, value)


def _set_deliveries(server: "Server", given: Thing) -> None:
    for name, value in given.items():
        setattr(server.deliveries, name, value)


def _advance(server: "Server", given: Thing) -> None:
    server.world.advance(given["seconds"])


def _set_status(server: "Server", given: Thing) -> None:
    server.world.set_status(server.world.get("subscriptions", given["id"]), given["status"])


def _send(server: "Server", given: Thing) -> Thing:
    event = given.get("event") or server.world.get("events", given["id"])
    how = {name: given.get(name) for name in ("secret", "timestamp")}
    return {"status": server.deliveries.send(event, **how)}


def _release(server: "Server", given: Thing) -> None:
    order = list(range(len(server.deliveries.held or [])))
    server.deliveries.release(given.get("order") or random.sample(order, len(order)))


def _things(server: "Server", given: Thing) -> Thing:
    return {**server.world.things, "now": {"now": server.world.now}}


def _press(server: "Server", given: Thing) -> None:
    _do(server, given["do"], given["id"], given["id"])


def _ledger(server: "Server", given: Thing) -> Thing:
    return {"calls": server.ledger}


def _answers(server: "Server", given: Thing) -> Thing:
    return {"answers": server.deliveries.answers, "taken": sorted(server.deliveries.taken)}


def _forget(server: "Server", given: Thing) -> None:
    server.ledger.clear()
    server.deliveries.answers.clear()


def _dispute(server: "Server", given: Thing) -> Thing:
    charge = server.world.get("charges", given["charge"])
    return server.world.dispute(charge, status=given["status"], reason=given.get("reason", "fraudulent"))


def _decide(server: "Server", given: Thing) -> None:
    server.world.decide(server.world.get("disputes", given["id"]), given["status"])


def _refund(server: "Server", given: Thing) -> None:
    server.world.refund(server.world.get("charges", given["charge"]), given["amount"])


def _warn(server: "Server", given: Thing) -> Thing:
    return server.world.warn(server.world.get("charges", given["charge"]))


def _write_off(server: "Server", given: Thing) -> None:
    server.world.write_off(server.world.get("invoices", given["id"]), given["status"])


def _edit(server: "Server", given: Thing) -> None:
    server.world.get(given["kind"], given["id"]).update(given["values"])


def _empty(server: "Server", given: Thing) -> None:
    server.world.empty()
    server.answers.clear()


ORDERS: dict[str, Callable[["Server", Thing], Thing | None]] = {
    "/switches": _set_switches,
    "/deliveries": _set_deliveries,
    "/advance": _advance,
    "/do": _press,
    "/status": _set_status,
    "/send": _send,
    "/release": _release,
    "/things": _things,
    "/ledger": _ledger,
    "/answers": _answers,
    "/forget": _forget,
    "/dispute": _dispute,
    "/decide": _decide,
    "/refund": _refund,
    "/warn": _warn,
    "/write_off": _write_off,
    "/edit": _edit,
    "/empty": _empty,
}
