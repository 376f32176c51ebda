"""What the desk's pages look like to whoever reads them: words, pages that end, and errors that stand by themselves."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from accounts.models import User
from config.admin import admin
from config.http.problems import Forbidden
from tests.desk.conftest import page_of

PEOPLE = "/admin/accounts/user/"
PLAIN = ("403.html", "403_csrf.html", "404.html", "500.html", "desk/locked.html", "desk/problem.html")


def people(count: int) -> None:
    User.objects.bulk_create([User(mobile_number=f"+9198{10_000_000 + number}") for number in range(count)])


def rows(page: Any) -> int:
    return len(page.context["cl"].result_list)


@pytest.mark.parametrize("template", PLAIN)
def test_error_pages_ask_the_database_nothing(template: str) -> None:
    """There is no mark that would let this test at the database."""
    request = RequestFactory().get("/admin/")
    page = render_to_string(template, {"problem": Forbidden(), "desk_path": "admin/", "request_id": "r"}, request)
    assert "<h1>" in page
    assert "desk/plain.css" in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/nothing/", "/admin/billing/tier/1/change/"])
def test_error_pages_may_load_their_stylesheet_and_nothing_else(desk: Client, path: str) -> None:
    page = desk.get(path)
    assert page.status_code in (403, 404)
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy
    assert "script-src" not in policy


@pytest.mark.django_db
def test_an_error_page_names_the_request_that_the_logs_know(desk: Client) -> None:
    page = desk.get("/admin/nothing/")
    assert page["X-Request-ID"] in page.content.decode()


@pytest.mark.django_db
def test_a_list_ends_with_its_last_row_even_if_the_page_is_full(desk: Client) -> None:
    people(99)  # and the one who looks
    first, second = desk.get(PEOPLE), desk.get(PEOPLE, {"p": 2})
    assert (rows(first), rows(second)) == (50, 50)
    assert "Older" in first.content.decode()
    assert "Older" not in second.content.decode()
    assert "Newer" in second.content.decode()


@pytest.mark.django_db
def test_no_list_pretends_to_know_how_many_rows_there_are(desk: Client) -> None:
    people(60)
    for page in (desk.get(PEOPLE), desk.get(PEOPLE, {"q": "Asha"})):
        assert "9999999999" not in page.content.decode()


@pytest.mark.django_db
def test_columns_are_named_by_words_that_a_person_uses() -> None:
    from django.contrib.admin.utils import label_for_field

    for model, shown in admin.site._registry.items():
        labels = {label_for_field(name, model, shown) for name in shown.list_display}
        jargon = {label for label in labels if str(label).lower().endswith((" id", " at")) or label in ("Pk", "ID")}
        assert not jargon, (model, jargon)


@pytest.mark.django_db
def test_every_list_has_a_name_of_its_own(desk: Client, person: User) -> None:
    assert "<title>" in desk.get(PEOPLE).content.decode()
    titles = [shown.title for shown in admin.site._registry.values()]
    assert len(titles) == len(set(titles))


@pytest.mark.django_db
def test_dates_are_written_the_same_in_lists_and_on_pages(desk: Client, person: User) -> None:
    day = f"{person.created_at:%d %b %Y},"
    assert f"{day} {person.created_at:%H:%M}" in desk.get(PEOPLE).content.decode()
    assert day in desk.get(page_of(person)).content.decode()


@pytest.mark.django_db
def test_a_row_about_a_person_leads_to_their_page(desk: Client, person: User, room: Any) -> None:
    assert page_of(person) in desk.get("/admin/chatrooms/chatroom/").content.decode()


@pytest.mark.django_db
def test_a_deed_names_the_number_it_is_about(desk: Client, person: User) -> None:
    page = desk.get(f"/admin/accounts/user/{person.pk}/do/erase/").content.decode()
    assert person.mobile_number in page


@pytest.mark.django_db
def test_what_has_no_way_back_stands_last(desk: Client, person: User) -> None:
    page = desk.get(page_of(person))
    assert [each["deed"].name for each in page.context["deeds"]][-1] == "erase"
