"""`GET /search`: words, phrases, and scripts without spaces."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.postgres.search import SearchQuery
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from chatrooms import conversation, rooms
from chatrooms.models import MAX_SEARCHED, Chatroom, Message, Reply
from tests.chatrooms.searching import find, highlighted

pytestmark = pytest.mark.django_db


def test_words_are_found_in_messages_and_replies(
    client: APIClient, room: Chatroom, exchange: Callable[..., Any]
) -> None:
    asked = exchange(room, "What is a MONSOON, exactly?", "Rain.")
    answered = exchange(room, "And in Goa?", "The monsoon comes in June.")
    exchange(room, "Something else", "entirely")
    found = find(client, "monsoon")
    assert {(each["message_id"], each["role"]) for each in found} == {(asked.pk, "user"), (answered.pk, "assistant")}
    assert {tuple(highlighted(each)) for each in found} == {("MONSOON",), ("monsoon",)}
    assert {each["chatroom_name"] for each in found} == {"Room"}


@pytest.mark.parametrize("word", ["amp", "apples", "lt", "8217", "copy", "div", "href", "example", "com"])
def test_words_inside_html_are_found(
    client: APIClient, room: Chatroom, exchange: Callable[..., Any], word: str
) -> None:
    """PostgreSQL's own parser would treat an entity, a tag or an address as one token."""
    message = exchange(
        room, 'apples&amp;pears &lt;b&gt; don&#8217;t &copy; <div class="x"> <a href="https://example.com/a?b=c">'
    )
    found = find(client, word)
    assert [each["message_id"] for each in found] == [message.pk]
    assert word in highlighted(found[0])


def test_a_query_has_phrases_alternatives_and_exclusions(
    client: APIClient, room: Chatroom, exchange: Callable[..., Any]
) -> None:
    first = exchange(room, "red apple and green pear")
    second = exchange(room, "green apple")
    exchange(room, "pear")
    assert {each["message_id"] for each in find(client, '"green apple"')} == {second.pk}
    assert {each["message_id"] for each in find(client, "apple -red")} == {second.pk}
    assert {each["message_id"] for each in find(client, "red or apple")} == {first.pk, second.pk}


def test_the_best_match_comes_first(client: APIClient, room: Chatroom, exchange: Callable[..., Any]) -> None:
    once = exchange(room, "tea " + "filler " * 50)
    thrice = exchange(room, "tea tea tea")
    exchange(room, "coffee")
    assert [each["message_id"] for each in find(client, "tea")] == [thrice.pk, once.pk]


@pytest.mark.parametrize(
    ("text", "query", "part"),
    [
        ("明日は東京に行きます", "東京", "東京"),
        ("我明天去北京旅行", "北京", "北京"),
        ("พรุ่งนี้ฉันจะไปกรุงเทพ", "กรุงเทพ", "กรุงเทพ"),
        ("내일 서울에서 만나요", "서울", "서울"),
        ("東京 Tower に行く", "東京 tower", "東京"),
    ],
)
def test_scripts_without_spaces_are_found_by_substring(
    client: APIClient, room: Chatroom, exchange: Callable[..., Any], text: str, query: str, part: str
) -> None:
    message = exchange(room, text)
    exchange(room, "something else")
    [found] = find(client, query)
    assert found["message_id"] == message.pk
    assert part in highlighted(found)


def test_a_percent_sign_is_not_a_wildcard(client: APIClient, room: Chatroom, exchange: Callable[..., Any]) -> None:
    exchange(room, "東京")
    assert find(client, "東%京") == []
    assert find(client, "東_") == []


def test_a_stranger_finds_nothing(
    client_of: Callable[[User], APIClient], mallory: User, room: Chatroom, exchange: Callable[..., Any]
) -> None:
    exchange(room, "secret 東京", "secret 北京")
    theirs = client_of(mallory)
    assert find(theirs, "secret") == find(theirs, "東京") == []
    assert find(theirs, "secret", chatroom=room.pk) == []


@pytest.mark.parametrize("status", ["queued", "failed"])
def test_a_reply_that_is_not_shown_is_not_found(
    client: APIClient, room: Chatroom, send: Callable[..., Message], status: str
) -> None:
    message = send(room)
    error = "blocked" if status == "failed" else ""
    Reply.objects.filter(answers=message).update(status=status, content="secret", error=error)
    assert find(client, "secret") == []


def test_a_replaced_reply_and_an_old_text_are_not_found(
    client: APIClient, room: Chatroom, exchange: Callable[..., Any]
) -> None:
    message = exchange(room, "before", "replaced")
    conversation.edit(user_id=room.user_id, message_id=message.pk, content="after")
    assert find(client, "before") == find(client, "replaced") == []
    assert len(find(client, "after")) == 1


def test_a_search_can_be_limited_to_one_room(
    client: APIClient, alice: User, room: Chatroom, exchange: Callable[..., Any]
) -> None:
    other = rooms.create(user_id=alice.pk, name="Other")
    exchange(room, "tea")
    exchange(other, "tea")
    assert [each["chatroom_id"] for each in find(client, "tea", chatroom=other.pk)] == [other.pk]


def page(client: APIClient, url: str) -> tuple[list[int], dict[str, str]]:
    """Return the messages of a page, and its links."""
    response = client.get(url)
    assert response.status_code == 200, response.content
    links = re.findall(r'<([^>]*)>; rel="(\w+)"', response.headers.get("Link", ""))
    return [each["message_id"] for each in response.json()], {which: address for address, which in links}


@pytest.mark.parametrize("query", ["tea", "東京"])
@pytest.mark.parametrize(
    "rank",
    [
        lambda number: number % 3,
        pytest.param(lambda number: max(0, number - 20), marks=pytest.mark.faults),
        pytest.param(lambda number: min(number, 10), marks=pytest.mark.faults),
        lambda number: 0,
    ],
    ids=["three ranks", "ranks at the end", "ranks at the beginning", "one rank"],
)
def test_each_page_links_to_the_next_and_the_previous_one(
    client: APIClient, room: Chatroom, exchange: Callable[..., Any], query: str, rank: Callable[[int], int]
) -> None:
    ids = {exchange(room, f"{query} " * (rank(number) + 1)).pk for number in range(30)}
    found, links = page(client, f"/search?q={quote(query)}&limit=5")
    pages = [found]
    assert "prev" not in links
    while "next" in links:
        found, links = page(client, links["next"])
        pages.append(found)
        before, of_it = page(client, links["prev"])
        assert before == pages[-2]
        assert page(client, of_it["next"])[0] == found
    assert sorted(each for one in pages for each in one) == sorted(ids)
    for expected in reversed(pages[:-1]):
        found, links = page(client, links["prev"])
        assert found == expected
    assert "prev" not in links


@pytest.mark.parametrize("query", ["tea", "東京"])
def test_of_very_many_matches_the_newest_are_returned(
    client: APIClient, room: Chatroom, exchange: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr("chatrooms.search.MAX_FOUND", 3)
    asked = [exchange(room, f"{query} {query}")] + [exchange(room, query) for _ in range(3)]
    returned = [each["message_id"] for each in find(client, query)]
    assert returned == [message.pk for message in reversed(asked[1:])], "though the oldest matches best"


def test_other_users_messages_are_not_scanned(alice: User, mallory: User) -> None:
    for author, rows in ((alice, 1_000), (mallory, 5_000)):
        room = rooms.create(user_id=author.pk, name="Room")
        Message.objects.bulk_create(
            Message(room=room, user=author, role="user", content="tea " + "filler " * 40) for _ in range(rows)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE chatrooms_message")
        cursor.execute("SET LOCAL enable_sort = off")
    plan = (
        Message.objects.seen_by(alice).filter(search=SearchQuery("tea", config="simple")).values("pk")[:500].explain()
    )
    assert "Index Scan using message_of_user" in plan


def test_control_characters_in_a_text_forge_no_highlight(
    client: APIClient, room: Chatroom, exchange: Callable[..., Any]
) -> None:
    exchange(room, "a \x02forged\x03 tea")
    [found] = find(client, "tea")
    assert highlighted(found) == ["tea"]


def test_hostile_text_is_returned_as_text(client: APIClient, room: Chatroom, exchange: Callable[..., Any]) -> None:
    exchange(room, "<script>alert(1)</script> tea & <b>bread</b>")
    [found] = find(client, "tea")
    assert found["snippet"].startswith("<script>alert(1)</script> tea & <b>bread")
    assert find(client, "script")


def test_a_very_long_reply_can_be_stored_and_found(
    client: APIClient, room: Chatroom, exchange: Callable[..., Any]
) -> None:
    message = exchange(room, "Long?", "needle " + " ".join(f"w{number}" for number in range(150_000)))
    assert len(Reply.objects.get().content) > MAX_SEARCHED
    assert [each["message_id"] for each in find(client, "needle")] == [message.pk]


@pytest.mark.parametrize("query", ["", "   ", "x" * 201, "a\x00b"])
def test_a_bad_query_is_refused(client: APIClient, query: str) -> None:
    response = client.get("/search", {"q": query})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "q")


@pytest.mark.parametrize("query", ["-", "'", "!!", "a & | !", "\\", ":*", '"', "()", "東\\", "-東"])
def test_a_query_of_special_characters_is_accepted(
    client: APIClient, room: Chatroom, exchange: Callable[..., Any], query: str
) -> None:
    exchange(room, "tea 東京")
    find(client, query)
