"""The whole way of money, through HTTP alone: Basic, Pro, cancelled, Pro again, past due, unpaid, Basic."""

from typing import Any

import pytest

from tests.flows.paying import portal, status, subscribe
from tests.stack import wait_until

pytestmark = pytest.mark.stack


def test_the_whole_way_of_money(stack: Any) -> None:
    person = stack.sign_up()
    stack.set_tier("basic", daily_messages=3)
    try:
        room = person.room()
        for _ in range(3):
            person.send(room, "Hello")
        refused = person.call("POST", f"/chatroom/{room}/message", json={"content": "One more"})
        assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
        assert refused.json()["upgrade"]["subscribe"] == "/subscribe/pro"

        subscription = subscribe(person)
        wait_until(lambda: status(person)["tier"] == "pro", "Pro")
        assert status(person) | {"until": "", "current_period_end": ""} == {
            "tier": "pro",
            "source": "stripe",
            "until": "",
            "status": "active",
            "current_period_end": "",
            "cancel_at_period_end": False,
            "cancel_at": None,
            "past_due": False,
        }
        sent = person.call("POST", f"/chatroom/{room}/message", json={"content": "On we go"})
        assert sent.status_code == 202
        assert "X-RateLimit-Limit" not in sent.headers

        again = person.call("POST", "/subscribe/pro")
        assert (again.status_code, again.json()["code"]) == (409, "already_subscribed")
        assert again.json()["portal"] == "/subscription/portal"

        portal(person, "cancel")
        wait_until(lambda: status(person)["cancel_at_period_end"], "cancelling")
        assert status(person)["tier"] == "pro"
        assert status(person)["until"] == status(person)["current_period_end"]
        stack.stripe.to_period_end(subscription)
        wait_until(lambda: status(person)["tier"] == "basic", "Basic at the period's end")
        assert status(person)["source"] == "default"
        assert person.call("POST", f"/chatroom/{room}/message", json={"content": "No"}).status_code == 429

        subscription = subscribe(person, card="fails_later")
        wait_until(lambda: status(person)["tier"] == "pro", "Pro again")
        stack.stripe.to_period_end(subscription)
        wait_until(lambda: status(person)["past_due"], "past due")
        assert (status(person)["tier"], status(person)["status"]) == ("pro", "past_due")
        stack.stripe.set_status(subscription, "unpaid")
        wait_until(lambda: status(person)["tier"] == "basic", "Basic when unpaid")
        assert person.call("POST", "/subscribe/pro").json()["checkout_url"], "who stopped paying can buy again"
        assert stack.stripe.objects("subscriptions")[subscription]["status"] == "canceled"

        customers = [
            each
            for each in stack.stripe.objects("customers").values()
            if each.get("metadata", {}).get("kuvaka_user") == str(person.id)
        ]
        assert len(customers) == 1
    finally:
        stack.set_tier("basic", daily_messages=None)
