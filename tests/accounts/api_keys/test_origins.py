"""Which pages may use a key: those of the origins that it lists, under `/v1` alone."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Scope, User
from chatrooms.models import Message
from tests.clients import signed_in, with_key

pytestmark = pytest.mark.django_db

HERE, ELSEWHERE, OURS = "https://app.example.com", "https://evil.example.com", "https://ours.example.com"
PATH = "/v1/ui/chat"
BODY = {"id": "c-1", "messages": [{"id": "u1", "role": "user", "parts": [{"type": "text", "text": "Hello"}]}]}


@pytest.fixture(autouse=True)
def origins(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = settings.APP_ORIGINS = [OURS]


@pytest.fixture
def client(alice: User) -> APIClient:
    return with_key(alice, Scope.MESSAGES_WRITE, Scope.ROOMS_READ, allowed_origins=[HERE])


def send(client: APIClient, origin: str) -> Any:
    return client.post(PATH, BODY, headers={"Origin": origin})


def test_a_listed_page_sends_and_reads(client: APIClient) -> None:
    answer = send(client, HERE)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (303, HERE)
    assert "origin" in answer["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer


def test_a_listed_page_reads_why_it_was_refused(client: APIClient) -> None:
    answer = client.post(PATH, {}, headers={"Origin": HERE})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (400, HERE)


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "", f"{HERE}.evil.example", f"{HERE}:444", HERE.upper()])
def test_another_page_neither_sends_nor_reads(client: APIClient, origin: str) -> None:
    answer = send(client, origin)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in answer
    assert Message.objects.count() == 0


def test_a_program_sends_no_origin(client: APIClient) -> None:
    assert client.post(PATH, BODY).status_code == 303


def test_a_page_of_the_installation_needs_no_entry(client: APIClient, alice: User) -> None:
    assert send(client, OURS)["Access-Control-Allow-Origin"] == OURS
    assert send(signed_in(alice), OURS).status_code == 303


def test_a_session_lists_no_origins(alice: User) -> None:
    assert send(signed_in(alice), HERE).status_code == 403
    assert Message.objects.count() == 0


def test_outside_v1_a_key_allows_no_page(client: APIClient) -> None:
    answer = client.get("/chatroom", headers={"Origin": HERE})
    assert (answer.status_code, "Access-Control-Allow-Origin" in answer) == (200, False)


def test_every_page_may_ask_whether_it_may_but_only_under_v1() -> None:
    """A preflight has no key."""
    asked = {"Origin": HERE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for path in (PATH, f"{PATH}/c-1/stream"):
        answer = APIClient().options(path, headers=asked)
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, HERE)
        assert "Authorization" in answer["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in APIClient().options("/chatroom", headers=asked)


@pytest.mark.parametrize(
    "wrong",
    ["*", "app.example.com", "https://app.example.com/", "https://app.example.com/page", "https://*.example.com",
     "HTTPS://APP.EXAMPLE.COM", "https://a@b.example.com", "ftp://app.example.com", "null", ""],
)  # fmt: skip
def test_only_origins_can_be_listed(alice: User, wrong: str) -> None:
    body = {"name": "Page", "scopes": ["rooms:read"], "allowed_origins": [wrong]}
    assert signed_in(alice).post("/api-keys", body).status_code == 400


def test_a_key_shows_its_origins(alice: User) -> None:
    user = signed_in(alice)
    made = user.post("/api-keys", {"name": "Page", "scopes": [], "allowed_origins": [HERE, "http://127.0.0.1:3000"]})
    assert made.json()["allowed_origins"] == [HERE, "http://127.0.0.1:3000"]
    [listed] = user.get("/api-keys").json()
    assert listed["allowed_origins"] == made.json()["allowed_origins"]
