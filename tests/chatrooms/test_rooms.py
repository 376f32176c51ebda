"""Chatrooms: create, list, get, rename, delete."""

import re
from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from billing.models import Tier
from chatrooms import rooms
from chatrooms.models import Chatroom, Message
from chatrooms.replies.context import model_for

pytestmark = pytest.mark.django_db


def test_a_room_is_created_with_its_name(client: APIClient, alice: User) -> None:
    answer = client.post("/chatroom", {"name": "Trip"})
    assert answer.status_code == 201
    assert answer.json() | {"id": 0, "created_at": "", "updated_at": ""} == {
        "id": 0,
        "user_id": alice.pk,
        "name": "Trip",
        "pinned": False,
        "archived": False,
        "system_instruction": "",
        "model": "",
        "temperature": None,
        "thinking": "",
        "show_thoughts": False,
        "search": False,
        "response_schema": None,
        "created_at": "",
        "updated_at": "",
        "messages": [],
    }
    assert Chatroom.objects.get().name == "Trip"


def test_a_room_without_a_name_is_a_new_chat(client: APIClient) -> None:
    assert client.post("/chatroom", {}).json()["name"] == "New chat"


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\x00b", None, ["x"], {"a": 1}])
def test_an_invalid_name_creates_no_room(client: APIClient, name: object) -> None:
    answer = client.post("/chatroom", {"name": name})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid_input"
    assert answer.json()["errors"][0]["field"] == "name"
    assert Chatroom.objects.count() == 0


def test_a_client_cannot_set_read_only_fields(client: APIClient, alice: User, mallory: User) -> None:
    sent = {"name": "Mine", "id": 7, "user_id": mallory.pk, "user": mallory.pk, "created_at": "2000-01-01T00:00:00Z"}
    room = client.post("/chatroom", sent).json()
    assert room["user_id"] == alice.pk
    assert not room["created_at"].startswith("2000")
    client.patch(f"/chatroom/{room['id']}", {"user_id": mallory.pk, "updated_at": "2000-01-01T00:00:00Z"})
    assert Chatroom.objects.get().user_id == alice.pk


def test_renaming_a_room_keeps_its_other_fields(client: APIClient) -> None:
    room = client.post("/chatroom", {"name": "Old", "system_instruction": "Be brief."}).json()
    answer = client.patch(f"/chatroom/{room['id']}", {"name": "New"})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["system_instruction"]) == ("New", "Be brief.")
    assert client.get(f"/chatroom/{room['id']}").json()["name"] == "New"


def test_an_empty_change_does_not_move_the_room_in_the_list(client: APIClient, alice: User) -> None:
    first, _ = (rooms.create(user_id=alice.pk, name=name) for name in ("first", "second"))
    assert client.patch(f"/chatroom/{first.pk}", {}).status_code == 200
    assert [room["name"] for room in client.get("/chatroom").json()] == ["second", "first"]


def test_a_deleted_room_is_gone_with_its_messages(
    client: APIClient, room: Chatroom, send: Callable[..., Message]
) -> None:
    send(room)
    assert client.delete(f"/chatroom/{room.pk}").status_code == 204
    assert Message.objects.count() == 0
    assert client.get(f"/chatroom/{room.pk}").status_code == 404
    assert client.delete(f"/chatroom/{room.pk}").status_code == 404


def test_one_room_has_its_newest_messages_oldest_first(
    client: APIClient, room: Chatroom, send: Callable[..., Message], settings: object
) -> None:
    from billing.models import Tier

    Tier.objects.update(waiting_replies=100)
    for number in range(25):
        send(room, f"message {number}")
    shown = client.get(f"/chatroom/{room.pk}").json()["messages"]
    assert [message["content"] for message in shown] == [f"message {number}" for number in range(5, 25)]


def test_rooms_are_capped_exactly(client: APIClient, settings: object) -> None:
    settings.ROOMS_PER_USER = 2  # type: ignore[attr-defined]
    assert [client.post("/chatroom", {}).status_code for _ in range(3)] == [201, 201, 409]
    assert client.post("/chatroom", {}).json()["code"] == "too_many_rooms"
    assert Chatroom.objects.count() == 2


def test_the_list_shows_the_newest_activity_first(client: APIClient, alice: User, send: Callable[..., Message]) -> None:
    first, _ = (rooms.create(user_id=alice.pk, name=name) for name in ("first", "second"))
    assert [room["name"] for room in client.get("/chatroom").json()] == ["second", "first"]
    send(first)
    assert [room["name"] for room in client.get("/chatroom").json()] == ["first", "second"]


def test_a_long_list_is_paged_by_link_without_gaps_or_repeats(client: APIClient, alice: User) -> None:
    for number in range(25):
        rooms.create(user_id=alice.pk, name=str(number))
    url, seen = "/chatroom?limit=10", []
    while url:
        answer = client.get(url)
        assert len(answer.json()) <= 10
        seen += [int(room["name"]) for room in answer.json()]
        links = {
            part.split('rel="')[1][:-1]: part[1 : part.index(">")]
            for part in answer.get("Link", "").split(", ")
            if part
        }
        url = links.get("next", "")
    assert seen == list(range(24, -1, -1))


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=text",
        "limit=1.5",
        "cursor=bogus",
        "cursor=cD1hYmM=",
        "cursor=cD0=",
        "cursor=cD0yMDIw",
        "cursor=cD0lMDA=",
        "limit=",
    ],
)
def test_a_bad_page_is_refused(client: APIClient, query: str) -> None:
    answer = client.get(f"/chatroom?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


def test_a_page_holds_at_most_a_hundred(client: APIClient, alice: User) -> None:
    Chatroom.objects.bulk_create(Chatroom(user_id=alice.pk, name=str(number)) for number in range(105))
    assert len(client.get("/chatroom?limit=1000000000").json()) == 100


def listed(client: APIClient, query: str = "") -> list[str]:
    return [room["name"] for room in client.get(f"/chatroom{query}").json()]


def test_pinned_rooms_come_first_and_archived_ones_are_apart(client: APIClient) -> None:
    ids = {name: client.post("/chatroom", {"name": name}).json()["id"] for name in ("a", "b", "c", "d")}
    client.patch(f"/chatroom/{ids['a']}", {"pinned": True})
    client.patch(f"/chatroom/{ids['b']}", {"archived": True})
    assert listed(client) == ["a", "d", "c"]
    assert listed(client, "?archived=true") == ["b"]
    assert listed(client, "?archived=false") == ["a", "d", "c"]
    client.patch(f"/chatroom/{ids['a']}", {"pinned": False})
    client.patch(f"/chatroom/{ids['b']}", {"archived": False})
    assert set(listed(client)) == {"a", "b", "c", "d"}


def test_pages_continue_from_pinned_rooms_to_the_others(client: APIClient) -> None:
    ids = [client.post("/chatroom", {"name": str(number)}).json()["id"] for number in range(7)]
    for room_id in ids[:3]:
        client.patch(f"/chatroom/{room_id}", {"pinned": True})
    seen, url = [], "/chatroom?limit=2"
    while url:
        answer = client.get(url)
        seen += [room["name"] for room in answer.json()]
        links = re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers.get("Link", ""))
        url = next((address for address, which in links if which == "next"), "")
    assert seen == ["2", "1", "0", "6", "5", "4", "3"]


def test_a_bad_archived_is_refused(client: APIClient) -> None:
    answer = client.get("/chatroom?archived=perhaps")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "archived")


@pytest.mark.parametrize("temperature", [0, 0.5, 2, None])
def test_the_temperature_is_within_bounds(client: APIClient, temperature: float | None) -> None:
    assert client.post("/chatroom", {"temperature": temperature}).json()["temperature"] == temperature


@pytest.mark.parametrize("temperature", [-0.1, 2.1, True, "warm", "NaN", "Infinity", [1]])
def test_a_bad_temperature_is_refused(client: APIClient, temperature: object) -> None:
    answer = client.post("/chatroom", {"temperature": temperature})
    assert (answer.status_code, Chatroom.objects.count()) == (400, 0)


def test_the_model_must_be_one_of_the_tiers(client: APIClient, alice: User) -> None:
    Tier.objects.filter(slug="basic").update(model_names=["small", "medium"])
    Tier.objects.filter(slug="pro").update(model_names=["small", "medium", "large"])
    room = client.post("/chatroom", {"model": "medium"}).json()
    for answer in (
        client.post("/chatroom", {"model": "large"}),
        client.patch(f"/chatroom/{room['id']}", {"model": "large", "name": "Changed"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "model_not_allowed")
        assert answer.json()["models"] == ["small", "medium"]
    assert list(Chatroom.objects.values_list("model", "name")) == [("medium", "New chat")]
    assert client.patch(f"/chatroom/{room['id']}", {"model": ""}).json()["model"] == ""


def test_a_model_that_the_tier_has_lost_is_not_called(alice: User, room: Chatroom) -> None:
    tier = Tier(model_names=["small", "large"])
    room.model = "large"
    assert model_for(room=room, tier=tier) == "large"
    assert model_for(room=room, tier=Tier(model_names=["small"])) == "small"
