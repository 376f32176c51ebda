"""The model of a response that names none."""

import pytest
from rest_framework.test import APIClient

from accounts.models import Scope, User
from billing.models import LedgerEntry, Tier
from chatrooms import rooms
from chatrooms.models import Message, Reply
from tests.clients import with_key

pytestmark = pytest.mark.django_db

PATH = "/v1/responses"
BODY = {"input": "Hello", "background": True}


@pytest.fixture(autouse=True)
def two_models() -> None:
    Tier.objects.update(model_names=["one", "two"])


def key_for(user: User, *models: str) -> APIClient:
    return with_key(user, Scope.MESSAGES_WRITE, Scope.ROOMS_READ, model_names=list(models))


def test_it_is_the_keys_first(alice: User) -> None:
    response = key_for(alice, "two").post(PATH, BODY)
    assert (response.status_code, response.json()["model"]) == (200, "two"), response.content
    assert Reply.objects.get().asked["model"] == "two"


def test_a_key_without_a_model_gets_404(alice: User) -> None:
    response = key_for(alice).post(PATH, BODY)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")
    assert not any(kind.objects.exists() for kind in (Message, LedgerEntry))


def test_a_conversation_of_another_model_is_404(alice: User) -> None:
    room = rooms.create(user_id=alice.pk, name="Room")
    response = key_for(alice, "two").post(PATH, {**BODY, "conversation": f"conv_{room.pk}"})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (404, "model_not_found")
    assert not any(kind.objects.exists() for kind in (Message, LedgerEntry))
