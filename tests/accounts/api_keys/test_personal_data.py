"""API keys in the export, the erasure and the purge."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import F

from accounts import tasks
from accounts.models import ApiKey, User
from accounts.personal_data import erasure
from tests.accounts.api_keys.conftest import delete
from tests.clients import make_api_key

DAY = 86_400


def test_the_export_lists_keys_without_their_secrets(
    client: Any, token: str, make: Callable[..., dict[str, Any]]
) -> None:
    ended, living = make(name="Old"), make(name="New", daily_units=3)
    delete(client, token, ended)
    hashes = list(ApiKey.objects.values_list("secret_hash", flat=True))
    response = client.ask("/user/me/export", token)
    text = b"".join(response.streaming_content).decode()
    response.close()
    exported = {each["name"]: each for each in json.loads(text)["api_keys"]}
    assert set(exported) == {"Old", "New"}
    assert exported["Old"]["revoked_at"] is not None
    assert (exported["New"]["daily_units"], exported["New"]["id"]) == (3, living["id"])
    assert [each for each in (*hashes, "secret_hash", "previous_hash") if each in text] == []


def test_an_erasure_deletes_the_keys(alice: User, bob: User) -> None:
    make_api_key(alice)
    make_api_key(bob)
    erasure.begin(user_id=alice.pk)
    assert tasks.erase(alice.pk) == "done"
    assert [key.user_id for key in ApiKey.objects.all()] == [bob.pk]


def let_pass(seconds: float) -> None:
    moved = {name: F(name) - timedelta(seconds=seconds) for name in ("created_at", "expires_at", "revoked_at")}
    ApiKey.objects.update(**moved)


def test_a_key_is_purged_ninety_days_after_its_end(
    client: Any, token: str, make: Callable[..., dict[str, Any]]
) -> None:
    living, revoked, expiring = make(expires_in_days=365), make(expires_in_days=365), make(expires_in_days=1)
    delete(client, token, revoked)
    let_pass(90 * DAY - 60)
    assert tasks.purge()["ApiKey"] == 0
    let_pass(60)
    assert tasks.purge()["ApiKey"] == 1, "the revoked one"
    let_pass(DAY)
    assert tasks.purge()["ApiKey"] == 1, expiring["name"]
    assert [str(key.pk) for key in ApiKey.objects.all()] == [living["id"]]
