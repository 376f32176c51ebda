"""Erasing a paying user: billing ends first, an outage of Stripe delays it, and only the invoices are kept."""

from typing import Any

import pytest

from tests import scan
from tests.api_user import ApiUser
from tests.flows.paying import status, subscribe
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = pytest.mark.stack

KEPT_BY_LAW = {"table public.djstripe_invoice", "table public.djstripe_lineitem", "table public.djstripe_customer"}


def customers_of(user: ApiUser) -> list[dict[str, Any]]:
    customers = user.stack.stripe.objects("customers").values()
    return [each for each in customers if each.get("metadata", {}).get("kuvaka_user") == str(user.id)]


def test_the_billing_ends_first_and_an_outage_only_delays_it(breakable: Stack) -> None:
    stack = breakable
    before = set(stack.stripe.objects("events"))
    stack.sql("SELECT setval(pg_get_serial_sequence('accounts_user', 'id'), 7310000001, false)")
    user = stack.sign_up()
    message = user.send(user.room("canary room"), "canary question")
    user.wait_for_reply(message["id"])
    subscription = subscribe(user)
    wait_until(lambda: status(user)["tier"] == "pro", "Pro")
    [customer] = customers_of(user)
    wait_until(lambda: stack.sql("SELECT 1 FROM djstripe_invoice WHERE customer_id = %s", customer["id"]), "invoice")
    other = stack.sign_up()
    kept = subscribe(other)
    wait_until(lambda: status(other)["tier"] == "pro", "the other one Pro")

    stack.stripe.switch(down=True)
    assert user.call("DELETE", "/user/me").status_code == 202
    assert user.call("GET", "/user/me").status_code == 401
    wait_until(lambda: stack.log("tasks").count("erasure_postponed"), "an attempt during the outage")
    assert stack.stripe.objects("subscriptions")[subscription]["status"] == "active"
    assert stack.sql("SELECT content FROM chatrooms_message WHERE id = %s", message["id"]) == [("canary question",)]
    assert stack.sql("SELECT count(*) FROM accounts_user WHERE id = %s", user.id) == [(1,)]

    stack.stripe.switch(down=False)
    wait_until(lambda: not stack.sql("SELECT 1 FROM accounts_user WHERE id = %s", user.id), "the erasure")
    assert stack.stripe.objects("subscriptions")[subscription]["status"] == "canceled"
    assert stack.stripe.objects("customers")[customer["id"]]["deleted"]
    settled = "SELECT 1 FROM billing_stripeevent WHERE next_try_at IS NOT NULL"
    wait_until(
        lambda: set(stack.stripe.objects("events")) - before <= accepted_by_webhook(stack) and not stack.sql(settled),
        "its events",
    )

    private = [str(user.id), user.number[3:], "canary", customer["id"], subscription, customer["email"]]
    hits = scan.found(private, database_url=stack.database_url, redis_url=stack.environment["REDIS_URL"])
    assert {table for table, _ in hits} <= KEPT_BY_LAW, hits
    assert {text for _, text in hits} <= {customer["id"], subscription}, (
        "no phone number, text, e-mail address or id of ours"
    )
    [(invoices,)] = stack.sql("SELECT count(*) FROM djstripe_invoice WHERE customer_id = %s", customer["id"])
    assert invoices == 1

    assert status(other)["tier"] == "pro"
    assert stack.stripe.objects("subscriptions")[kept]["status"] == "active"


def accepted_by_webhook(stack: Stack) -> set[str]:
    return set(stack.stripe.control("/delivery_attempts")["accepted"])


def test_an_open_checkout_cannot_be_paid_after_the_erasure(breakable: Stack) -> None:
    stack = breakable
    user = stack.sign_up()
    opened = user.call("POST", "/subscribe/pro").json()
    assert user.call("DELETE", "/user/me").status_code == 202
    wait_until(lambda: not stack.sql("SELECT 1 FROM accounts_user WHERE id = %s", user.id), "the erasure")
    refused = stack.stripe.pay(opened["checkout_url"])
    assert refused.status_code == 200
    assert "expired" in refused.text
    assert stack.stripe.objects("sessions")[opened["session_id"]]["subscription"] is None
