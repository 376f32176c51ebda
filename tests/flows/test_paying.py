"""A subscription from start to end, over HTTP only: Basic, Pro, cancelled, Pro again, past due, unpaid, Basic."""

from typing import Any

import pytest

from tests.flows.paying import portal, status, subscribe
from tests.waiting import wait_until

pytestmark = pytest.mark.stack


def test_a_subscription_from_start_to_end(stack: Any) -> None:
    user = stack.sign_up()
    stack.set_tier("basic", daily_messages=3)
    try:
        room = user.room()
        for _ in range(3):
            user.send(room, "Hello")
        refused = user.call("POST", f"/chatroom/{room}/message", json={"content": "One more"})
        assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
        assert refused.json()["upgrade"]["subscribe"] == "/subscribe/pro"

        subscription = subscribe(user)
        wait_until(lambda: status(user)["tier"] == "pro", "Pro")
        assert status(user) | {"until": "", "current_period_end": ""} == {
            "tier": "pro",
            "source": "stripe",
            "until": "",
            "status": "active",
            "current_period_end": "",
            "cancel_at_period_end": False,
            "cancel_at": None,
            "past_due": False,
        }
        sent = user.call("POST", f"/chatroom/{room}/message", json={"content": "On we go"})
        assert sent.status_code == 202
        assert "X-RateLimit-Limit" not in sent.headers

        again = user.call("POST", "/subscribe/pro")
        assert (again.status_code, again.json()["code"]) == (409, "already_subscribed")
        assert again.json()["portal"] == "/subscription/portal"

        portal(user, "cancel")
        wait_until(lambda: status(user)["cancel_at_period_end"], "cancelling")
        assert status(user)["tier"] == "pro"
        assert status(user)["until"] == status(user)["current_period_end"]
        stack.stripe.to_period_end(subscription)
        wait_until(lambda: status(user)["tier"] == "basic", "Basic at the period's end")
        assert status(user)["source"] == "default"
        assert user.call("POST", f"/chatroom/{room}/message", json={"content": "No"}).status_code == 429

        subscription = subscribe(user, card="fails_later")
        wait_until(lambda: status(user)["tier"] == "pro", "Pro again")
        stack.stripe.to_period_end(subscription)
        wait_until(lambda: status(user)["past_due"], "past due")
        assert (status(user)["tier"], status(user)["status"]) == ("pro", "past_due")
        stack.stripe.set_status(subscription, "unpaid")
        wait_until(lambda: status(user)["tier"] == "basic", "Basic when unpaid")
        assert user.call("POST", "/subscribe/pro").json()["checkout_url"], "a user who stopped paying can buy again"
        assert stack.stripe.objects("subscriptions")[subscription]["status"] == "canceled"

        customers = [
            each
            for each in stack.stripe.objects("customers").values()
            if each.get("metadata", {}).get("kuvaka_user") == str(user.id)
        ]
        assert len(customers) == 1
    finally:
        stack.set_tier("basic", daily_messages=None)
