"""The whole way of money, through HTTP alone: Basic, Pro, cancelled, Pro again, past due, unpaid, Basic."""

from typing import Any

import pytest

from tests.stack import Person, wait_until

pytestmark = pytest.mark.stack


def status(person: Person) -> dict[str, Any]:
    answer = person.call("GET", "/subscription/status")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def subscribe(person: Person, card: str = "works") -> str:
    """Pay; the id of the subscription."""
    opened = person.call("POST", "/subscribe/pro")
    assert opened.status_code == 200, opened.text
    paid = person.stack.stripe.pay(opened.json()["checkout_url"], card)
    assert paid.status_code == 303, paid.text
    session = person.stack.stripe.things("sessions")[opened.json()["session_id"]]
    return str(session["subscription"])


def portal(person: Person, do: str) -> None:
    opened = person.call("POST", "/subscription/portal")
    assert opened.status_code == 200, opened.text
    person.stack.stripe.at_portal(opened.json()["portal_url"], do)


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
        wait_until(lambda: status(person)["tier"] == "pro", 3, "Pro")
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
        wait_until(lambda: status(person)["cancel_at_period_end"], 15, "cancelling")
        assert status(person)["tier"] == "pro"
        assert status(person)["until"] == status(person)["current_period_end"]
        stack.stripe.to_period_end(subscription)
        wait_until(lambda: status(person)["tier"] == "basic", 15, "Basic at the period's end")
        assert status(person)["source"] == "default"
        assert person.call("POST", f"/chatroom/{room}/message", json={"content": "No"}).status_code == 429

        subscription = subscribe(person, card="fails_later")
        wait_until(lambda: status(person)["tier"] == "pro", 15, "Pro again")
        stack.stripe.to_period_end(subscription)
        wait_until(lambda: status(person)["past_due"], 15, "past due")
        assert (status(person)["tier"], status(person)["status"]) == ("pro", "past_due")
        stack.stripe.set_status(subscription, "unpaid")
        wait_until(lambda: status(person)["tier"] == "basic", 15, "Basic when unpaid")
        assert person.call("POST", "/subscribe/pro").json()["code"] == "already_subscribed"

        customers = [
            each
            for each in stack.stripe.things("customers").values()
            if each.get("metadata", {}).get("kuvaka_user") == str(person.id)
        ]
        assert len(customers) == 1
    finally:
        stack.set_tier("basic", daily_messages=None)
