"""The search box that finds admin pages by title."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from chatrooms.models import Reply

pytestmark = pytest.mark.django_db


def search(staff_client: Client, **query: str) -> Any:
    response = staff_client.get("/admin/search/", {"extended": "1", **query})
    assert response.status_code == 200
    return response


def found(staff_client: Client, term: str) -> list[str]:
    return [result.title for result in search(staff_client, s=term).context["results"]]


@pytest.mark.parametrize("term", ["users", "USERS", " Users ", "sers"])
def test_a_page_is_found_by_its_title(staff_client: Client, term: str) -> None:
    page = search(staff_client, s=term).content.decode()
    assert found(staff_client, term) == ["Users"]
    assert 'href="/admin/accounts/user/"' in page
    assert 'id="command-results-list"' in page, "the id that the search box expects"
    assert "Found 1 result " in page


@pytest.mark.parametrize("term", ["zebra", "<b>", "9" * 4000, "'%_"])
def test_other_terms_find_no_page(staff_client: Client, term: str) -> None:
    assert found(staff_client, term) == []
    assert "No results" in search(staff_client, s=term).content.decode()


@pytest.mark.parametrize("query", [{}, {"s": ""}, {"s": " "}])
def test_an_empty_term_finds_nothing(staff_client: Client, query: dict[str, str]) -> None:
    assert search(staff_client, **query).content == b""


@pytest.mark.parametrize("page", ["0", "2", "x"])
def test_odd_page_numbers_break_nothing(staff_client: Client, page: str) -> None:
    assert "Users" in search(staff_client, s="users", page=page).content.decode()


@pytest.mark.parametrize("role", ["support", "billing", "operator"])
def test_only_pages_that_the_role_may_open_are_found(
    make_staff: Callable[..., User], client_of: Callable[[User], Client], role: str
) -> None:
    staff_client = client_of(make_staff(role))
    results = {str(result.link) for letter in "aeiou" for result in search(staff_client, s=letter).context["results"]}
    assert len(results) > 5
    assert {link: staff_client.get(link).status_code for link in results} == dict.fromkeys(results, 200)
    assert ("Tasks" in found(staff_client, "tasks")) == (role == "operator")
    assert ("Replies" in found(staff_client, "replies")) == (role != "billing")


def test_a_changed_role_takes_effect_at_once(staff_client: Client, support: User) -> None:
    assert found(staff_client, "replies") == ["Replies"]
    support.groups.set(Group.objects.filter(name="billing"))
    assert found(staff_client, "replies") == []


def test_browsers_do_not_cache_the_results(staff_client: Client) -> None:
    assert "no-store" in search(staff_client, s="users")["Cache-Control"]


def test_no_data_is_found(staff_client: Client, alice: User, failed_reply: Reply) -> None:
    for term in ("divorce", "secret", alice.mobile_number, "alice", str(alice.pk)):
        assert found(staff_client, term) == []


def test_a_stranger_finds_nothing() -> None:
    assert Client().get("/admin/search/", {"s": "users"}).status_code == 302
