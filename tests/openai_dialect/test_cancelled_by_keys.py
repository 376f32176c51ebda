"""`POST /v1/responses/{id}/cancel` with a key: it stops what another one asked for, and shows what the key may read."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Scope, User
from chatrooms.models import Reply, Status
from tests.clients import with_key

pytestmark = pytest.mark.django_db

ASKED = {
    "input": "What is a monsoon?",
    "background": True,
    "instructions": "Be brief.",
    "metadata": {"case": "secret"},
    "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object", "description": "secret"}}},
}
NOTHING_SAID = {"output": [], "instructions": None, "metadata": {}, "text": {"format": {"type": "text"}}}


@pytest.fixture
def path(client: APIClient) -> str:
    response = client.post("/v1/responses", ASKED)
    assert response.status_code == 200, response.content
    return f"/v1/responses/{response.json()['id']}"


def cancelled_by(client: APIClient, path: str) -> dict[str, Any]:
    response = client.post(f"{path}/cancel")
    assert response.status_code == 200, response.content
    shown: dict[str, Any] = response.json()
    assert shown["status"] == "cancelled"
    return shown


def test_a_key_that_may_only_send_cancels_and_reads_nothing(alice: User, client: APIClient, path: str) -> None:
    sender = with_key(alice, Scope.MESSAGES_WRITE)
    first = cancelled_by(sender, path)
    assert Reply.objects.get().status == Status.STOPPED
    Reply.objects.update(content="A wind.")
    for shown in (first, cancelled_by(sender, path)):
        assert {name: shown[name] for name in NOTHING_SAID} == NOTHING_SAID
    assert sender.get(path).status_code == 403
    whole = client.get(path).json()
    assert (whole["instructions"], whole["metadata"]) == ("Be brief.", {"case": "secret"})


def test_who_may_read_is_shown_the_text_so_far(alice: User, client: APIClient, path: str) -> None:
    cancelled_by(client, path)
    Reply.objects.update(content="A wind.")
    reader = with_key(alice, Scope.MESSAGES_WRITE, Scope.ROOMS_READ)
    for each in (client, reader):
        shown = cancelled_by(each, path)
        assert shown["output"][0]["content"][0]["text"] == "A wind."
        assert shown == client.get(path).json()
