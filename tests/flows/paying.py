"""What somebody who pays does, over HTTP, and what Stripe does about it."""

import json
from typing import Any

import requests

from tests.doubles.stripe.client import SECRET
from tests.doubles.stripe.webhooks import signature
from tests.stack import PATIENCE, Person, Stack, until_not_busy


def status(person: Person) -> dict[str, Any]:
    """What the person is told about the subscription."""
    answer = person.call("GET", "/subscription/status")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _ask(person: Person, path: str) -> requests.Response:
    """Ask once; in a patient stack again, where another test has just kept one of the processes from Stripe."""
    busy = {"service_unavailable", "payment_provider_away"} if person.stack.is_patient else set()
    return until_not_busy(lambda: person.call("POST", path), busy)


def subscribe(person: Person, card: str = "works") -> str:
    """Pay; the id of the subscription."""
    opened = _ask(person, "/subscribe/pro")
    assert opened.status_code == 200, opened.text
    paid = person.stack.stripe.pay(opened.json()["checkout_url"], card)
    assert paid.status_code == 303, paid.text
    session = person.stack.stripe.objects("sessions")[opened.json()["session_id"]]
    return str(session["subscription"])


def portal(person: Person, do: str) -> None:
    """Press a button of the portal."""
    opened = _ask(person, "/subscription/portal")
    assert opened.status_code == 200, opened.text
    person.stack.stripe.at_portal(opened.json()["portal_url"], do)


def deliver(stack: Stack, event: dict[str, Any]) -> int:
    """Post an event as Stripe does; the status."""
    body = json.dumps(event).encode()
    answer = requests.post(
        f"{stack.url}/webhook/stripe",
        data=body,
        headers={"Stripe-Signature": signature(body, secret=SECRET), "Content-Type": "application/json"},
        timeout=PATIENCE,
    )
    return answer.status_code
