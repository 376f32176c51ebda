"""A list accepts the parameters of its own filters; others reveal nothing and break nothing."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.db.models import Field
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from billing.models import StripeEvent
from chatrooms.models import Chatroom, Reply, RoomKind
from tests.admin.conftest import run_action

pytestmark = pytest.mark.django_db

REPLIES = "/admin/chatrooms/reply/"
ROOMS = "/admin/chatrooms/chatroom/"
USERS = "/admin/accounts/user/"
SUFFIXES = (
    "__startswith",
    *(pytest.param(suffix, marks=pytest.mark.faults) for suffix in ("", "__regex", "__isnull", "__gt", "__in")),
)


@pytest.fixture
def root(make_staff: Callable[..., User], client_of: Callable[[User], Client]) -> Client:
    return client_of(make_staff(is_superuser=True))


def lists() -> Iterator[tuple[Any, Any, str]]:
    for model, page in admin.site._registry.items():
        yield model, page, f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def columns_of(model: Any) -> set[str]:
    return {"pk", *(field.name for field in model._meta.get_fields() if isinstance(field, Field))}


def filtered_by(page: Any) -> set[str]:
    names = {each if isinstance(each, str) else each[0] for each in page.list_filter if not isinstance(each, type)}
    return names | {each.parameter_name for each in page.list_filter if isinstance(each, type)}


def status_of(staff_client: Client, path: str, **query: Any) -> int:
    """The status of the response; what a failed query leaves in the transaction is rolled back."""
    with transaction.atomic():
        response = staff_client.get(path, query)
        transaction.set_rollback(True)
    return int(response.status_code)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_only_the_filters_of_a_list_are_accepted(root: Client, suffix: str) -> None:
    asked = [
        (path, f"{name}{suffix}") for model, page, path in lists() for name in columns_of(model) - filtered_by(page)
    ]
    assert len(asked) > 100
    accepted = [(path, lookup) for path, lookup in asked if status_of(root, path, **{lookup: "x"}) != 400]
    assert accepted == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (REPLIES, {"content__startswith": "You"}),
        (REPLIES, {"content__icontains": "poison", "status__exact": "failed"}),
        (REPLIES, {"search": "poison"}),
        (REPLIES, {"room__name__startswith": "Divorce"}),
        (REPLIES, {"user__password__startswith": "argon2"}),
        (ROOMS, {"name__startswith": "Divorce"}),
        (ROOMS, {"system_instruction": ""}),
        (USERS, {"pk": "1", "password__startswith": "argon2"}),
        (USERS, {"sessions__current_jti__isnull": "False"}),
        (USERS, {"mobile_number__startswith": "+9197"}),
    ],
)
def test_no_filter_reveals_texts_or_hashes(
    staff_client: Client, failed_reply: Reply, path: str, query: dict[str, str]
) -> None:
    response = staff_client.get(path, query)
    assert response.status_code == 400
    assert "JSON" not in response.content.decode()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (USERS, {"mobile_number__regex": "("}),
        (USERS, {"mobile_number": "a\0"}),
        (REPLIES, {"status__regex": "("}),
        (REPLIES, {"status__exact": "\0"}),
        ("/admin/accounts/staffaction/", {"action": "\0"}),
        (
            "/admin/autocomplete/",
            {"app_label": "accounts", "model_name": "session", "field_name": "user", "term": "\0"},
        ),
    ],
)
def test_input_that_postgresql_refuses_is_400(root: Client, path: str, query: dict[str, str]) -> None:
    assert status_of(root, path, **query) == 400


@pytest.mark.parametrize(
    "query",
    [
        *({name: odd} for name in ("q", "o", "p", "e", "all", "_to_field", "_popup", "_facets") for odd in ("\0", "x")),
        *({name: "9" * length} for name in ("o", "p", "q") for length in (19, 400, 5000)),
        {"p": "-1", "e": "1"},
        {"o": "-1.2.-3"},
        {"q": "'\"%_\\"},
        {"_popup": "1", "_to_field": "password"},
        {"nothing_of_this_name": "1"},
    ],
)
@pytest.mark.parametrize("every_list", [False, pytest.param(True, marks=pytest.mark.faults)])
def test_odd_query_strings_break_no_list(
    root: Client, failed_reply: Reply, query: dict[str, str], every_list: bool
) -> None:
    """All lists share one change list, so two of them stand for the others in `make test`."""
    paths = [path for _, _, path in lists()] if every_list else [REPLIES, USERS]
    assert [path for path in paths if status_of(root, path, **query) >= 500] == []


def test_each_choice_of_each_filter_works(root: Client, alice: User, failed_reply: Reply) -> None:
    run_action(root, alice, "sign_out")
    taken = 0
    for _, _, path in lists():
        shown = root.get(path).context["cl"]
        for choice in [choice for spec in shown.filter_specs for choice in spec.choices(shown)]:
            assert root.get(f"{path}{choice['query_string']}").status_code == 200, (path, choice)
            taken += 1
    assert taken > 20


def test_filters_and_search_combine(staff_client: Client, alice: User, failed_reply: Reply) -> None:
    def found(**query: Any) -> int:
        return len(staff_client.get(REPLIES, query).context["cl"].result_list)

    assert found(status__exact="failed") == found(status__exact="failed", q=str(alice.pk)) == 1
    assert found(status__exact="done") == 0


def test_the_filters_of_the_user_list_work(staff_client: Client, alice: User) -> None:
    def found(**query: Any) -> set[int]:
        return {alice.pk for alice in staff_client.get(USERS, query).context["cl"].result_list}

    assert alice.pk in found(is_active__exact="1", erasing_at__isempty="1")
    assert found(is_active__exact="0") == found(erasing_at__isempty="0") == set()
    assert alice.pk not in found(is_staff__exact="1")


def test_no_query_string_sorts_or_counts(root: Client, django_assert_num_queries: Any) -> None:
    for name in ("evt_b", "evt_a", "evt_c"):
        StripeEvent.objects.create(event_id=name, type=name)
    path = "/admin/billing/stripeevent/"

    def listed(**query: str) -> list[str]:
        return re.findall(r"evt_[abc]", root.get(path, query).content.decode())

    assert listed(o="1") == listed(o="-1") == listed(o="2.-1") == listed()
    with CaptureQueriesContext(connection) as plain:
        listed()
    with django_assert_num_queries(len(plain)):
        listed(_facets="True")


def test_rooms_are_filtered_by_their_kind(root: Client, alice: User) -> None:
    rooms = {kind: Chatroom.objects.create(user=alice, name="Room", kind=kind) for kind in RoomKind}
    for kind, room in rooms.items():
        page = root.get(ROOMS, {"kind__exact": kind.value}).content.decode()
        shown = {other for other, each in rooms.items() if f"{ROOMS}{each.pk}/change/" in page}
        assert shown == {room.kind}
