"""Downloads: few of one account at once, no connection held between pages, each slot free again at the end."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from accounts.downloads import AT_ONCE, in_pages, respond
from accounts.exceptions import TooManyDownloads
from accounts.models import User

pytestmark = pytest.mark.django_db


def start(user_id: int = 7) -> Any:
    return respond(iter(["a", "b"]), user_id=user_id, content_type="text/plain", filename="file.txt")


def test_one_account_has_few_at_once_and_others_their_own() -> None:
    under_way = [start() for _ in range(AT_ONCE)]
    with pytest.raises(TooManyDownloads):
        start()
    assert b"".join(start(user_id=8).streaming_content) == b"ab"
    under_way[0].close()  # the server closes it at the end, and when the client has gone
    under_way[0].close()
    assert start().status_code == 200
    with pytest.raises(TooManyDownloads):
        start()


def test_a_slot_that_was_taken_over_is_its_new_holders() -> None:
    late = start()
    cache.set("download:7:0", "the mark of another download", timeout=60)
    late.close()
    assert cache.get("download:7:0") == "the mark of another download"


@pytest.mark.django_db(transaction=True)
def test_pages_hold_no_connection_and_miss_nothing() -> None:
    for number in range(5):
        User.objects.create_user(f"+91981240000{number}")
    for size in (1, 2, 4, 5, 6):
        seen = []
        for row in in_pages(User.objects.values("pk", "mobile_number"), size=size):
            assert connection.connection is None, "it went back to the pool"
            seen.append(row["mobile_number"])
        assert seen == [f"+91981240000{number}" for number in range(5)]
