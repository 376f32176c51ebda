"""Which words a search sees: next to any separator, in any script and composition."""

import unicodedata
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from chatrooms import words
from chatrooms.models import Chatroom
from tests.chatrooms.searching import find, highlighted

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("He wrote “monsoonal” in the letter", "monsoonal"),
        ("the protein’s fold", "protein"),  # noqa: RUF001
        ("Pune—finally—at nine", "Pune"),
        ("Pune—finally—at nine", "finally"),
        ("Wait… what?", "wait"),
        ("the price\u00a0today", "price"),
        ("¿Qué pasa?", "Qué"),
        ("¿QUÉ PASA?", "qué"),
        ("ПРИВЕТ, мир", "привет"),
        ("«bonjour» dit-il", "bonjour"),
        ("it costs ₹500.", "500"),
        ("•firstitem", "firstitem"),
        ("rainstorm🌧️ over Goa", "rainstorm"),
        ("sun❤️shine", "shine"),
        ("आज धूप।", "धूप"),
        ("ما هذا؟", "هذا"),
        ("a vector<int> of them", "int"),
        ("R&amp;D, said the page", "amp"),
        ("snake_case", "case"),
        ("see example.com/path for more", "path"),
        ("我用Python版本3.11发布", "Python"),
        ("DjangoとRedisを使う", "redis"),
        ("cafe\u0301 noir", "caf\u00e9"),
        ("caf\u00e9 noir", "cafe\u0301"),
        ("\uff21\uff22\uff23 corp", "ABC"),
        ("a self-made man", "self-made"),
        ("한국어 공부", "한국"),
    ],
)
def test_a_word_is_found_next_to_any_separator(
    client: APIClient, room: Chatroom, exchange: Callable[..., Any], text: str, query: str
) -> None:
    exchange(room, text)
    exchange(room, "something else")
    [found] = find(client, query)
    marks = highlighted(found)
    assert marks, found
    shown = unicodedata.normalize("NFKC", "".join(marks)).casefold()
    assert shown == unicodedata.normalize("NFKC", query).casefold().replace("-", "")


def test_the_column_and_the_query_split_words_alike() -> None:
    migration = import_module("chatrooms.migrations.0008_words_by_our_own_rule")
    assert migration.SEPARATORS == words.SEPARATORS
    texts = ["“a”—b… c_d", "x\u00ady", "ﬁne ½", "日本a", "e\u0301", "3.11", "👨\u200d👩 z", "می\u200cخواهم"]  # noqa: RUF001
    with connection.cursor() as cursor:
        for text in texts:
            cursor.execute("SELECT string_to_array(trim(kuvaka_words(%s)), ' ')", [text])
            assert [word for word in cursor.fetchone()[0] if word] == words.words_of(text)


@pytest.mark.parametrize("query", ["...", '"', "-", "or", "- or -", '""', "…—“”"])
def test_a_query_without_a_word_finds_nothing(
    client: APIClient, room: Chatroom, exchange: Callable[..., Any], query: str
) -> None:
    exchange(room, 'or ... - " … anything')
    assert find(client, query) == []
