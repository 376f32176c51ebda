"""However often a user clicks on Subscribe: one customer, one open session, one subscription."""

from collections import Counter
from typing import Any

import pytest
import requests

from tests.api_user import ApiUser
from tests.flows.paying import status
from tests.waiting import TIMEOUT, in_parallel, until_not_busy, wait_until

pytestmark = pytest.mark.stack


def click(user: ApiUser) -> requests.Response:
    headers = {"Authorization": f"Bearer {user.access_token}"}
    url = f"{user.stack.url}/subscribe/pro"
    return until_not_busy(lambda: requests.post(url, headers=headers, timeout=TIMEOUT), {"service_unavailable"})


def at_stripe(user: ApiUser) -> tuple[list[str], list[str]]:
    """The ids of the user's customers and of their open sessions."""
    customers = [
        each["id"]
        for each in user.stack.stripe.objects("customers").values()
        if each.get("metadata", {}).get("kuvaka_user") == str(user.id)
    ]
    sessions = user.stack.stripe.objects("sessions").values()
    return customers, [each["id"] for each in sessions if each["customer"] in customers and each["status"] == "open"]


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.faults)])
def test_twenty_clicks_at_once_open_one_session_of_one_customer(stack: Any, rounds: int) -> None:
    statuses: Counter[int] = Counter()
    for _ in range(rounds):
        user = stack.sign_up()
        responses = in_parallel([lambda who=user: click(who) for _ in range(20)])
        statuses.update(response.status_code for response in responses)
        assert {response.json()["code"] for response in responses if not response.ok} <= {"checkout_in_progress"}
        customers, sessions = at_stripe(user)
        assert (len(customers), len(sessions)) == (1, 1)
        assert {response.json()["session_id"] for response in responses if response.ok} == set(sessions)
        again = until_not_busy(lambda who=user: click(who), {"checkout_in_progress"})
        assert [again.json()["session_id"]] == sessions, "a later click finds the session"
    assert set(statuses) <= {200, 409}


@pytest.mark.parametrize("rounds", [1, pytest.param(3, marks=pytest.mark.faults)])
@pytest.mark.parametrize(("path", "field"), [("/subscribe/pro", "session_id"), ("/subscription/portal", "portal_url")])
def test_fifty_at_once_with_one_key_get_one_object(stack: Any, path: str, field: str, rounds: int) -> None:
    for _ in range(rounds):
        user = stack.sign_up()
        click(user)
        headers = {"Authorization": f"Bearer {user.access_token}", "Idempotency-Key": "one"}

        def ask(headers: dict[str, str] = headers, **options: Any) -> requests.Response:
            return until_not_busy(
                lambda: requests.post(stack.url + path, headers=headers, timeout=TIMEOUT, **options),
                {"service_unavailable"},
            )

        responses = in_parallel([ask] * 50)
        assert {response.status_code for response in responses} <= {200, 409}
        refused = {response.json()["code"] for response in responses if not response.ok}
        assert refused <= {"checkout_in_progress", "idempotency_in_flight"}
        made = {response.json()[field] for response in responses if response.ok}
        assert made
        customers, sessions = at_stripe(user)
        assert (len(customers), len(sessions)) == (1, 1)
        assert path == "/subscription/portal" or made == set(sessions)
        again = ask()
        assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
        assert ask(json={"other": "body"}).status_code == 422


@pytest.mark.parametrize("rounds", [1, pytest.param(5, marks=pytest.mark.faults)])
def test_paying_while_clicking_gives_one_subscription(stack: Any, rounds: int) -> None:
    for _ in range(rounds):
        user = stack.sign_up()
        url = click(user).json()["checkout_url"]
        responses = in_parallel([*[lambda who=user: click(who)] * 6, lambda where=url: stack.stripe.pay(where)])
        assert {response.status_code for response in responses} <= {200, 303, 409}
        wait_until(lambda who=user: status(who)["tier"] == "pro", "Pro")
        assert click(user).json()["code"] == "already_subscribed"
        customers, sessions = at_stripe(user)
        running = [each for each in stack.stripe.objects("subscriptions").values() if each["customer"] == customers[0]]
        assert (len(customers), sessions, len(running)) == (1, [], 1)


def test_a_response_lost_after_stripe_accepted_creates_no_second(stack: Any) -> None:
    for lost in range(1, 6):
        user = stack.sign_up()
        stack.stripe.switch(cut_after=lost)
        responses = [click(user) for _ in range(4)]
        stack.stripe.switch(cut_after=0)
        assert {response.status_code for response in responses} <= {200, 503}
        wait_until(lambda who=user: click(who).status_code == 200, "a checkout")
        customers, sessions = at_stripe(user)
        assert (len(customers), len(sessions)) == (1, 1)
