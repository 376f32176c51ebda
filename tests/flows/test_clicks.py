"""However often somebody clicks on Subscribe: one customer, one open session, one subscription."""

from collections import Counter
from typing import Any

import pytest
import requests

from tests.flows.paying import status
from tests.stack import PATIENCE, Person, in_parallel, until_not_busy, wait_until

pytestmark = pytest.mark.stack


def click(person: Person) -> requests.Response:
    headers = {"Authorization": f"Bearer {person.access_token}"}
    url = f"{person.stack.url}/subscribe/pro"
    return until_not_busy(lambda: requests.post(url, headers=headers, timeout=PATIENCE), {"service_unavailable"})


def at_stripe(person: Person) -> tuple[list[str], list[str]]:
    """Ids of the customers and of the open sessions that the person has there."""
    customers = [
        each["id"]
        for each in person.stack.stripe.objects("customers").values()
        if each.get("metadata", {}).get("kuvaka_user") == str(person.id)
    ]
    sessions = person.stack.stripe.objects("sessions").values()
    return customers, [each["id"] for each in sessions if each["customer"] in customers and each["status"] == "open"]


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.faults)])
def test_twenty_clicks_at_once_open_one_session_of_one_customer(stack: Any, rounds: int) -> None:
    told: Counter[int] = Counter()
    for _ in range(rounds):
        person = stack.sign_up()
        answers = in_parallel([lambda who=person: click(who) for _ in range(20)])
        told.update(answer.status_code for answer in answers)
        assert {answer.json()["code"] for answer in answers if not answer.ok} <= {"checkout_in_progress"}
        customers, sessions = at_stripe(person)
        assert (len(customers), len(sessions)) == (1, 1)
        assert {answer.json()["session_id"] for answer in answers if answer.ok} == set(sessions)
        again = until_not_busy(lambda who=person: click(who), {"checkout_in_progress"})
        assert [again.json()["session_id"]] == sessions, "who was told to wait finds it"
    assert set(told) <= {200, 409}


@pytest.mark.parametrize("rounds", [1, pytest.param(3, marks=pytest.mark.faults)])
@pytest.mark.parametrize(("path", "field"), [("/subscribe/pro", "session_id"), ("/subscription/portal", "portal_url")])
def test_fifty_at_once_with_one_key_get_one_object(stack: Any, path: str, field: str, rounds: int) -> None:
    for _ in range(rounds):
        person = stack.sign_up()
        click(person)
        headers = {"Authorization": f"Bearer {person.access_token}", "Idempotency-Key": "one"}

        def ask(headers: dict[str, str] = headers, **options: Any) -> requests.Response:
            return until_not_busy(
                lambda: requests.post(stack.url + path, headers=headers, timeout=PATIENCE, **options),
                {"service_unavailable"},
            )

        answers = in_parallel([ask] * 50)
        assert {answer.status_code for answer in answers} <= {200, 409}
        refused = {answer.json()["code"] for answer in answers if not answer.ok}
        assert refused <= {"checkout_in_progress", "idempotency_in_flight"}
        made = {answer.json()[field] for answer in answers if answer.ok}
        assert made
        customers, sessions = at_stripe(person)
        assert (len(customers), len(sessions)) == (1, 1)
        assert path == "/subscription/portal" or made == set(sessions)
        again = ask()
        assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
        assert ask(json={"other": "body"}).status_code == 422


@pytest.mark.parametrize("rounds", [1, pytest.param(5, marks=pytest.mark.faults)])
def test_paying_while_clicking_gives_one_subscription(stack: Any, rounds: int) -> None:
    for _ in range(rounds):
        person = stack.sign_up()
        url = click(person).json()["checkout_url"]
        answers = in_parallel([*[lambda who=person: click(who)] * 6, lambda where=url: stack.stripe.pay(where)])
        assert {answer.status_code for answer in answers} <= {200, 303, 409}
        wait_until(lambda who=person: status(who)["tier"] == "pro", "Pro")
        assert click(person).json()["code"] == "already_subscribed"
        customers, sessions = at_stripe(person)
        running = [each for each in stack.stripe.objects("subscriptions").values() if each["customer"] == customers[0]]
        assert (len(customers), sessions, len(running)) == (1, [], 1)


def test_an_answer_that_is_lost_after_stripe_accepted_makes_nothing_twice(stack: Any) -> None:
    for lost in range(1, 6):
        person = stack.sign_up()
        stack.stripe.switch(cut_after=lost)
        answers = [click(person) for _ in range(4)]
        stack.stripe.switch(cut_after=0)
        assert {answer.status_code for answer in answers} <= {200, 503}
        wait_until(lambda who=person: click(who).status_code == 200, "a checkout")
        customers, sessions = at_stripe(person)
        assert (len(customers), len(sessions)) == (1, 1)
