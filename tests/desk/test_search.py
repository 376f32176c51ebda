"""The box that finds pages of the desk by their titles."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from chatrooms.models import Reply

pytestmark = pytest.mark.django_db


def answer_to(desk: Client, **query: str) -> Any:
    answer = desk.get("/admin/search/", {"extended": "1", **query})
    assert answer.status_code == 200
    return answer


def found(desk: Client, term: str) -> list[str]:
    return [result.title for result in answer_to(desk, s=term).context["results"]]


@pytest.mark.parametrize("term", ["people", "PEOPLE", " People ", "eopl"])
def test_a_page_is_found_by_its_title(desk: Client, term: str) -> None:
    page = answer_to(desk, s=term).content.decode()
    assert found(desk, term) == ["People"]
    assert 'href="/admin/accounts/user/"' in page
    assert 'id="command-results-list"' in page, "what the box looks for"
    assert "Found 1 result " in page


@pytest.mark.parametrize("term", ["zebra", "<b>", "9" * 4000, "'%_"])
def test_what_no_page_is_called_finds_none(desk: Client, term: str) -> None:
    assert found(desk, term) == []
    assert "No results" in answer_to(desk, s=term).content.decode()


@pytest.mark.parametrize("query", [{}, {"s": ""}, {"s": " "}])
def test_nothing_typed_finds_nothing(desk: Client, query: dict[str, str]) -> None:
    assert answer_to(desk, **query).content == b""


@pytest.mark.parametrize("page", ["0", "2", "x"])
def test_an_odd_page_breaks_nothing(desk: Client, page: str) -> None:
    assert "People" in answer_to(desk, s="people", page=page).content.decode()


@pytest.mark.parametrize("role", ["support", "billing", "operator"])
def test_only_pages_that_the_role_may_see_are_found(
    make_staff: Callable[..., User], desk_of: Callable[[User], Client], role: str
) -> None:
    desk = desk_of(make_staff(role))
    results = {str(result.link) for letter in "aeiou" for result in answer_to(desk, s=letter).context["results"]}
    assert len(results) > 5
    assert {link: desk.get(link).status_code for link in results} == dict.fromkeys(results, 200)
    assert ("Tasks" in found(desk, "tasks")) == (role == "operator")
    assert ("Answers" in found(desk, "answers")) == (role != "billing")


def test_a_role_that_was_taken_is_felt_at_once(desk: Client, support: User) -> None:
    assert found(desk, "answers") == ["Answers"]
    support.groups.set(Group.objects.filter(name="billing"))
    assert found(desk, "answers") == []


def test_no_browser_keeps_what_was_found(desk: Client) -> None:
    assert "no-store" in answer_to(desk, s="people")["Cache-Control"]


def test_nothing_that_was_said_is_found(desk: Client, person: User, failed: Reply) -> None:
    for term in ("divorce", "secret", person.mobile_number, "asha", str(person.pk)):
        assert found(desk, term) == []


def test_a_stranger_finds_nothing() -> None:
    assert Client().get("/admin/search/", {"s": "people"}).status_code == 302
