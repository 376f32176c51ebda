"""A list is filtered by its own filters; whatever else stands in its address tells nothing, and breaks nothing."""

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
from chatrooms.models import Reply
from tests.desk.conftest import do

pytestmark = pytest.mark.django_db

REPLIES = "/admin/chatrooms/reply/"
ROOMS = "/admin/chatrooms/chatroom/"
PEOPLE = "/admin/accounts/user/"
WAYS = (
    "__startswith",
    "",
    *(pytest.param(way, marks=pytest.mark.faults) for way in ("__regex", "__isnull", "__gt", "__in")),
)


@pytest.fixture
def root(make_staff: Callable[..., User], desk_of: Callable[[User], Client]) -> Client:
    return desk_of(make_staff(is_superuser=True))


def lists() -> Iterator[tuple[Any, Any, str]]:
    for model, page in admin.site._registry.items():
        yield model, page, f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def columns_of(model: Any) -> set[str]:
    return {"pk", *(field.name for field in model._meta.get_fields() if isinstance(field, Field))}


def filtered_by(page: Any) -> set[str]:
    names = {each if isinstance(each, str) else each[0] for each in page.list_filter if not isinstance(each, type)}
    return names | {each.parameter_name for each in page.list_filter if isinstance(each, type)}


def status_of(desk: Client, path: str, **query: Any) -> int:
    """The answer's, with whatever PostgreSQL made of it left behind."""
    with transaction.atomic():
        answer = desk.get(path, query)
        transaction.set_rollback(True)
    return int(answer.status_code)


@pytest.mark.parametrize("way", WAYS)
def test_no_column_can_be_asked_but_by_the_filters_of_its_list(root: Client, way: str) -> None:
    asked = [(path, f"{name}{way}") for model, page, path in lists() for name in columns_of(model) - filtered_by(page)]
    assert len(asked) > 100
    answered = [(path, lookup) for path, lookup in asked if status_of(root, path, **{lookup: "x"}) != 400]
    assert answered == []


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
        (PEOPLE, {"pk": "1", "password__startswith": "argon2"}),
        (PEOPLE, {"sessions__current_jti__isnull": "False"}),
        (PEOPLE, {"mobile_number__startswith": "+9197"}),
    ],
)
def test_support_learns_no_text_and_no_hash_from_what_is_left_of_a_list(
    desk: Client, failed: Reply, path: str, query: dict[str, str]
) -> None:
    answer = desk.get(path, query)
    assert answer.status_code == 400
    assert "JSON" not in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (PEOPLE, {"mobile_number__regex": "("}),
        (PEOPLE, {"mobile_number": "a\0"}),
        (REPLIES, {"status__regex": "("}),
        (REPLIES, {"status__exact": "\0"}),
        ("/admin/accounts/staffaction/", {"action": "\0"}),
        (
            "/admin/autocomplete/",
            {"app_label": "accounts", "model_name": "session", "field_name": "user", "term": "\0"},
        ),
    ],
)
def test_what_the_database_cannot_read_is_refused(root: Client, path: str, query: dict[str, str]) -> None:
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
def test_an_odd_address_breaks_no_list(root: Client, failed: Reply, query: dict[str, str]) -> None:
    broken = [path for _, _, path in lists() if status_of(root, path, **query) >= 500]
    assert broken == []


def test_each_choice_of_each_filter_is_taken(root: Client, person: User, failed: Reply) -> None:
    do(root, person, "sign_out")
    taken = 0
    for _, _, path in lists():
        shown = root.get(path).context["cl"]
        for choice in [choice for spec in shown.filter_specs for choice in spec.choices(shown)]:
            assert root.get(f"{path}{choice['query_string']}").status_code == 200, (path, choice)
            taken += 1
    assert taken > 20


def test_filters_and_the_search_narrow_a_list_together(desk: Client, person: User, failed: Reply) -> None:
    def found(**query: Any) -> int:
        return len(desk.get(REPLIES, query).context["cl"].result_list)

    assert found(status__exact="failed") == found(status__exact="failed", q=str(person.pk)) == 1
    assert found(status__exact="done") == 0


def test_people_are_filtered_by_what_the_list_offers(desk: Client, person: User) -> None:
    def found(**query: Any) -> set[int]:
        return {user.pk for user in desk.get(PEOPLE, query).context["cl"].result_list}

    assert person.pk in found(is_active__exact="1", erasing_at__isempty="1")
    assert found(is_active__exact="0") == found(erasing_at__isempty="0") == set()
    assert person.pk not in found(is_staff__exact="1")


def test_no_address_sorts_or_counts(root: Client, django_assert_num_queries: Any) -> None:
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
