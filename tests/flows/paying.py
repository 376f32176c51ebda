"""What a paying user does over HTTP, and how Stripe reacts."""

import json
from typing import Any

import requests

from tests.api_user import ApiUser
from tests.doubles.stripe.client import SECRET
from tests.doubles.stripe.webhooks import signature
from tests.stack import Stack
from tests.waiting import TIMEOUT, until_not_busy


def status(user: ApiUser) -> dict[str, Any]:
    response = user.call("GET", "/subscription/status")
    assert response.status_code == 200, response.text
    return dict(response.json())


def _post(user: ApiUser, path: str) -> requests.Response:
    """POST once, or with `retries_when_busy` until no process considers Stripe unavailable because of another test."""
    busy = {"service_unavailable", "payment_provider_away"} if user.stack.retries_when_busy else set()
    return until_not_busy(lambda: user.call("POST", path), busy)


def subscribe(user: ApiUser, card: str = "works") -> str:
    """Subscribe and pay; the id of the subscription."""
    opened = _post(user, "/subscribe/pro")
    assert opened.status_code == 200, opened.text
    paid = user.stack.stripe.pay(opened.json()["checkout_url"], card)
    assert paid.status_code == 303, paid.text
    session = user.stack.stripe.objects("sessions")[opened.json()["session_id"]]
    return str(session["subscription"])


def portal(user: ApiUser, do: str) -> None:
    """Press a button of the portal."""
    opened = _post(user, "/subscription/portal")
    assert opened.status_code == 200, opened.text
    user.stack.stripe.at_portal(opened.json()["portal_url"], do)


def deliver(stack: Stack, event: dict[str, Any]) -> int:
    """Deliver an event as Stripe does; the status of the response."""
    body = json.dumps(event).encode()
    response = requests.post(
        f"{stack.url}/webhook/stripe",
        data=body,
        headers={"Stripe-Signature": signature(body, secret=SECRET), "Content-Type": "application/json"},
        timeout=TIMEOUT,
    )
    return response.status_code
