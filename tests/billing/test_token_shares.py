"""A user may use only a share of the day's tokens, so that one user cannot use them up for all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from billing import budget, grants
from billing.models import DailyUsage, LedgerEntry, Tier
from chatrooms.models import Message, Reply
from chatrooms.tasks import generate_reply
from tests.billing.model_calls import call
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ceiling(settings: Any) -> None:
    settings.DAILY_TOKEN_CEILING = 1000
    settings.TOKEN_SHARES = {"basic": 2, "pro": 10}


@pytest.fixture
def room(client: APIClient) -> int:
    return int(client.post("/chatroom", {"name": "Room"}).json()["id"])


def send(client: APIClient, room: int) -> Any:
    return client.post(f"/chatroom/{room}/message", {"content": "Hello"})


def use(user: User, tokens: int) -> None:
    budget.add(user_id=user.pk, calls=[call(tokens - 1, 1)])


def make_pro(user: User) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    grants.give(user_id=user.pk, ends_at=tomorrow, reason="a broken payment", granted_by=None)


def test_a_used_up_share_refuses_only_its_user_until_midnight(
    client: APIClient, alice: User, bob: User, room: int
) -> None:
    use(alice, 19)
    assert send(client, room).status_code == 202
    use(alice, 5)
    before = (Message.objects.count(), LedgerEntry.objects.count())
    refused = send(client, room)
    body = refused.json()
    assert (refused.status_code, body["code"], body["limit"], body["used"]) == (429, "token_share_reached", 20, 24)
    assert 1 <= int(refused["Retry-After"]) <= 86_400
    assert (Message.objects.count(), LedgerEntry.objects.count()) == before, "nothing was stored or charged"
    assert client.get(f"/chatroom/{room}/messages").status_code == 200
    other = signed_in(bob)
    assert send(other, other.post("/chatroom", {}).json()["id"]).status_code == 202
    DailyUsage.objects.update(day="2026-01-01")
    assert send(client, room).status_code == 202


def test_pro_has_a_larger_share(client: APIClient, alice: User, room: int) -> None:
    use(alice, 99)
    assert send(client, room).json()["code"] == "token_share_reached"
    make_pro(alice)
    assert send(client, room).status_code == 202
    use(alice, 2)
    assert send(client, room).json()["code"] == "token_share_reached"


def test_the_installations_ceiling_is_reported_first(client: APIClient, alice: User, room: int) -> None:
    use(alice, 1000)
    assert send(client, room).json()["code"] == "service_budget_reached"


def test_usage_shows_the_remaining_share(client: APIClient, alice: User) -> None:
    use(alice, 15)
    tokens = client.get("/usage").json()["tokens"]
    assert (tokens["today"], tokens["limit"], tokens["remaining"]) == (
        {"prompt": 14, "output": 1, "cost": "0.000000"},
        20,
        5,
    )
    use(alice, 15)
    assert client.get("/usage").json()["tokens"]["remaining"] == 0


def test_an_accepted_message_over_the_limit_is_refunded(
    client: APIClient, alice: User, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send(client, room).status_code == 202
    use(alice, 20)
    monkeypatch.setattr("chatrooms.replies.generation.connections.close_all", lambda: None)
    monkeypatch.setattr("chatrooms.replies.generation.stream_reply", lambda _: pytest.fail("the model was asked"))
    reply = Reply.objects.get()
    generate_reply(reply.pk)
    reply.refresh_from_db()
    assert (reply.status, reply.error) == ("failed", "token_share_reached")
    assert DailyUsage.objects.get().used == 0


def test_a_share_of_a_small_ceiling_is_at_least_one(settings: Any) -> None:
    settings.DAILY_TOKEN_CEILING = 1
    assert budget.share_of(Tier.objects.get(slug=Tier.BASIC)) == 1


def test_checking_the_share_needs_no_further_query(alice: User, django_assert_num_queries: Any) -> None:
    tier = Tier.objects.get(slug=Tier.BASIC)
    with django_assert_num_queries(1, connection=connection):
        budget.check(user_id=alice.pk, tier=tier)
