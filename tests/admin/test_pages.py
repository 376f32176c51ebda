"""Titles, pagination, and error pages that need neither database nor scripts."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from accounts.models import User
from config.admin import admin
from config.http.problems import Forbidden
from tests import factories
from tests.admin.conftest import page_of

USERS = "/admin/accounts/user/"
PLAIN = ("403.html", "403_csrf.html", "404.html", "500.html", "admin_site/locked.html", "admin_site/problem.html")


def make_users(count: int) -> None:
    User.objects.bulk_create([User(mobile_number=factories.phone_number()) for _ in range(count)])


def rows(page: Any) -> int:
    return len(page.context["cl"].result_list)


@pytest.mark.parametrize("template", PLAIN)
def test_error_pages_make_no_queries(template: str) -> None:
    """Without the `django_db` mark, a query fails the test."""
    request = RequestFactory().get("/admin/")
    page = render_to_string(template, {"problem": Forbidden(), "admin_path": "admin/", "request_id": "r"}, request)
    assert "<h1>" in page
    assert "admin_site/plain.css" in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/nothing/", "/admin/billing/tier/1/change/"])
def test_error_pages_may_load_only_their_stylesheet(staff_client: Client, path: str) -> None:
    page = staff_client.get(path)
    assert page.status_code in (403, 404)
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy
    assert "script-src" not in policy


@pytest.mark.django_db
def test_an_error_page_shows_the_request_id_of_the_logs(staff_client: Client) -> None:
    page = staff_client.get("/admin/nothing/")
    assert page["X-Request-ID"] in page.content.decode()


@pytest.mark.django_db
def test_a_full_last_page_links_to_no_older_one(staff_client: Client) -> None:
    make_users(99)  # and the staff member
    first, second = staff_client.get(USERS), staff_client.get(USERS, {"p": 2})
    assert (rows(first), rows(second)) == (50, 50)
    assert "Older" in first.content.decode()
    assert "Older" not in second.content.decode()
    assert "Newer" in second.content.decode()


@pytest.mark.django_db
def test_no_list_shows_a_row_count(staff_client: Client) -> None:
    make_users(60)
    for page in (staff_client.get(USERS), staff_client.get(USERS, {"q": "Alice"})):
        assert "9999999999" not in page.content.decode()


@pytest.mark.django_db
def test_columns_have_readable_titles() -> None:
    from django.contrib.admin.utils import label_for_field

    for model, shown in admin.site._registry.items():
        labels = {label_for_field(name, model, shown) for name in shown.list_display}
        jargon = {label for label in labels if str(label).lower().endswith((" id", " at")) or label in ("Pk", "ID")}
        assert not jargon, (model, jargon)


@pytest.mark.django_db
def test_every_list_has_a_unique_title(staff_client: Client, alice: User) -> None:
    assert "<title>" in staff_client.get(USERS).content.decode()
    titles = [shown.title for shown in admin.site._registry.values()]
    assert len(titles) == len(set(titles))


@pytest.mark.django_db
def test_dates_look_the_same_in_lists_and_on_pages(staff_client: Client, alice: User) -> None:
    day = f"{alice.created_at:%d %b %Y},"
    assert f"{day} {alice.created_at:%H:%M}" in staff_client.get(USERS).content.decode()
    assert day in staff_client.get(page_of(alice)).content.decode()


@pytest.mark.django_db
def test_a_row_links_to_the_page_of_its_user(staff_client: Client, alice: User, room: Any) -> None:
    assert page_of(alice) in staff_client.get("/admin/chatrooms/chatroom/").content.decode()


@pytest.mark.django_db
def test_a_confirmation_page_shows_the_phone_number(staff_client: Client, alice: User) -> None:
    page = staff_client.get(f"/admin/accounts/user/{alice.pk}/do/erase/").content.decode()
    assert alice.mobile_number in page


@pytest.mark.django_db
def test_destructive_actions_come_last(staff_client: Client, alice: User) -> None:
    page = staff_client.get(page_of(alice))
    assert [each["action"].name for each in page.context["page_actions"]][-1] == "erase"
