"""The pretend Stripe runs only in development, says what it is, escapes what it shows, and repeats lost deliveries."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests
import stripe

from tests.doubles.stripe.client import KEY, SECRET, StripeDouble
from tests.doubles.stripe.state import a_month_after
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]


def client(double: StripeDouble, key: str = KEY) -> stripe.StripeClient:
    return stripe.StripeClient(key, base_addresses={"api": double.base_url})


@pytest.mark.parametrize("environment", [{}, {"DEBUG": "false"}, {"DEBUG": "true", "RENDER": "true"}])
def test_it_does_not_start_in_production(environment: dict[str, str]) -> None:
    inherited = {name: value for name, value in os.environ.items() if name != "DEBUG"}
    tried = subprocess.run(
        [sys.executable, "-m", "tests.doubles.stripe"],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert tried.returncode == 2
    assert "for development only" in tried.stderr
    assert tried.stdout == ""


def test_every_page_says_pretend_and_escapes_what_it_shows() -> None:
    with StripeDouble() as double:
        api, hostile = client(double).v1, '<img src=x onerror="alert(1)">'
        api.products.create({"id": "pro", "name": hostile})
        price = api.prices.create(
            {"product": "pro", "currency": "usd", "unit_amount": 999, "recurring": {"interval": "month"}}
        )
        customer = api.customers.create({"name": hostile})
        session = api.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": customer.id,
                "line_items": [{"price": price.id, "quantity": 1}],
                "success_url": "http://127.0.0.1/done?id={CHECKOUT_SESSION_ID}",
                "cancel_url": f"http://127.0.0.1/{hostile}",
            }
        )
        portal = api.billing_portal.sessions.create({"customer": customer.id, "return_url": hostile})
        assert session.url
        declined = double.pay(session.url, "declined")
        pages = [requests.get(url, timeout=60) for url in (session.url, portal.url, f"{double.base_url}/")]
        assert (declined.status_code, "declined" in declined.text) == (200, True)
        paid = double.pay(session.url)
        assert paid.headers["Location"] == f"http://127.0.0.1/done?id={session.id}"
        pages += [requests.get(session.url, timeout=60), requests.get(f"{double.base_url}/nowhere", timeout=60)]
        for page in (*pages, declined):
            assert "PRETEND" in page.text
            assert "no money moves" in page.text
            assert page.headers["X-Pretend"] == "stripe"
            assert "<img" not in page.text


def test_an_idempotency_key_creates_one_object() -> None:
    with StripeDouble() as double, ThreadPoolExecutor(20) as pool:
        api = client(double).v1.customers
        make = lambda _: api.create({"name": "A"}, options={"idempotency_key": "one"}).id  # noqa: E731
        assert len(set(pool.map(make, range(20)))) == 1
        with pytest.raises(stripe.IdempotencyError):
            api.create({"name": "B"}, options={"idempotency_key": "one"})
        assert len(double.objects("customers")) == 1


def test_lists_have_pages_and_a_revoked_key_is_refused() -> None:
    with StripeDouble() as double:
        api = client(double).v1.customers
        made = [api.create({}).id for _ in range(25)]
        listed = [each.id for each in api.list({"limit": 10}).auto_paging_iter()]
        assert listed == made[::-1]
        double.switch(dead_keys=[KEY])
        with pytest.raises(stripe.AuthenticationError):
            api.list()
        assert client(double, "sk_test_" + "x" * 24).v1.customers.list({"limit": 1}).data
        with pytest.raises(stripe.InvalidRequestError) as missing:
            client(double, "sk_test_" + "x" * 24).v1.customers.retrieve("cus_none")
        assert missing.value.code == "resource_missing"


def test_a_delivery_is_signed_and_repeated_until_accepted() -> None:
    taken: list[stripe.Event] = []
    outcomes = iter([500, 503])

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            event = stripe.Webhook.construct_event(body, self.headers["Stripe-Signature"], SECRET)
            code = next(outcomes, 200)
            if code == 200:
                taken.append(event)
            self.send_response(code)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    hook = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    try:
        with StripeDouble(webhook_url=f"http://127.0.0.1:{hook.server_address[1]}/") as double:
            double.advance(400 * 86400)  # the signatures still have the real time
            client(double).v1.customers.create({})
            wait_until(lambda: taken, "a delivery that was taken")
            assert [each.type for each in taken] == ["customer.created"]
            statuses = lambda: [each["status"] for each in double.deliveries()]  # noqa: E731
            wait_until(lambda: statuses() == [500, 503, 200], "every delivery to be recorded")
    finally:
        hook.shutdown()


@pytest.mark.parametrize(
    ("moment", "later"),
    [
        ("2026-01-31", "2026-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2026-12-15", "2027-01-15"),
        ("2026-10-31", "2026-11-30"),
        ("2026-11-23", "2026-12-23"),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last(moment: str, later: str) -> None:
    from datetime import UTC, datetime

    def seconds(day: str) -> int:
        return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())

    assert a_month_after(seconds(moment)) == seconds(later)
