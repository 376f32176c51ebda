"""The actions on users and replies: confirmed, permitted, recorded, and carried out."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db.models.functions import Now
from django.test import Client

from accounts import sessions
from accounts.admin.actions import registered_actions
from accounts.models import FailedAttempts, Session, StaffAction, User
from accounts.personal_data import erasure
from accounts.staff import roles
from accounts.staff.audit_trail import audit_staff_action
from chatrooms.models import Reply, Status
from tests.admin.conftest import books_agree, latest_action, page_of, run_action, units_used

pytestmark = pytest.mark.django_db


def test_an_action_is_recorded_with_reason_and_outcome(staff_client: Client, alice: User, support: User) -> None:
    run_action(staff_client, alice, "sign_out")
    row = latest_action()
    assert (row.staff_id, row.user_id, row.action) == (support.pk, alice.pk, "sign_out")
    assert (row.reason, row.outcome, row.address) == ("Ticket 17", "done", "127.0.0.1")
    assert row.request_id


@pytest.mark.parametrize("action", [action.name for action in registered_actions()])
def test_without_a_reason_nothing_is_done_or_recorded(staff_client: Client, alice: User, action: str) -> None:
    before = User.objects.filter(pk=alice.pk).values().get()
    response = run_action(staff_client, alice, action, reason=" ")
    assert response.status_code == 200
    assert not StaffAction.objects.exists()
    assert User.objects.filter(pk=alice.pk).values().get() == before


@pytest.mark.parametrize("action", [action.name for action in registered_actions()])
def test_opening_the_confirmation_page_does_nothing(staff_client: Client, alice: User, action: str) -> None:
    assert staff_client.get(f"/admin/accounts/user/{alice.pk}/do/{action}/").status_code == 200
    assert not StaffAction.objects.exists()


@pytest.mark.parametrize("action", [action.name for action in registered_actions()])
def test_each_action_needs_its_own_permission(
    make_staff: Callable[..., User], client_of: Callable[[User], Client], alice: User, action: str
) -> None:
    viewer = make_staff()
    viewer.user_permissions.add(Permission.objects.get(codename="view_user"))
    response = run_action(client_of(viewer), alice, action)
    assert response.status_code == 403
    assert not StaffAction.objects.exists()
    assert f"/do/{action}/" not in client_of(viewer).get(page_of(alice)).content.decode()


def test_sign_out_ends_all_sessions(staff_client: Client, alice: User) -> None:
    for _ in range(3):
        sessions.start(user=alice, method=Session.Method.CODE, user_agent="")
    run_action(staff_client, alice, "sign_out")
    assert not Session.objects.filter(user=alice, revoked_at=None).exists()


def test_a_user_is_disabled_and_enabled_again(staff_client: Client, alice: User) -> None:
    sessions.start(user=alice, method=Session.Method.CODE, user_agent="")
    run_action(staff_client, alice, "disable")
    alice.refresh_from_db()
    assert not alice.is_active
    assert not Session.objects.filter(user=alice, revoked_at=None).exists()
    run_action(staff_client, alice, "enable")
    alice.refresh_from_db()
    assert alice.is_active


def test_staff_cannot_be_disabled_or_erased(staff_client: Client, make_staff: Callable[..., User]) -> None:
    colleague = make_staff("billing")
    for action in ("disable", "erase"):
        run_action(staff_client, colleague, action)
    colleague.refresh_from_db()
    assert colleague.is_active
    assert colleague.erasing_at is None


def test_unlock_resets_the_failed_attempts(staff_client: Client, alice: User) -> None:
    for kind in ("code", "password"):
        FailedAttempts.objects.create(
            mobile_number=alice.mobile_number, kind=kind, failures=100, locked_until=Now() + timedelta(days=900)
        )
    run_action(staff_client, alice, "unlock")
    assert list(FailedAttempts.objects.values_list("failures", "locked_until")) == [(0, None), (0, None)]


def test_an_export_downloads_the_users_data(staff_client: Client, alice: User, failed_reply: Reply) -> None:
    response = run_action(staff_client, alice, "export")
    document = json.loads(b"".join(response.streaming_content))
    assert document["account"][0]["mobile_number"] == alice.mobile_number
    assert document["messages"][0]["content"] == "A secret question"
    assert "attachment" in response["Content-Disposition"]


def test_an_erasure_starts_at_once_and_clears_the_reasons(
    staff_client: Client, alice: User, failed_reply: Reply, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    run_action(staff_client, alice, "sign_out", reason="Alice of Goa called about her divorce")
    run_action(staff_client, alice, "erase")
    alice.refresh_from_db()
    assert not alice.is_active
    assert alice.erasing_at is not None
    assert erasure.erase(user_id=alice.pk) == "done"
    assert not User.objects.filter(pk=alice.pk).exists()
    kept = StaffAction.objects.order_by("pk").values_list("action", "user_id", "reason", "outcome")
    assert list(kept) == [("sign_out", None, "", "done"), ("erase", None, "", "done")]


def test_the_record_names_erased_staff_by_id(
    staff_client: Client,
    alice: User,
    support: User,
    make_staff: Callable[..., User],
    client_of: Callable[[User], Client],
) -> None:
    run_action(staff_client, alice, "disable", reason="Abuse")
    action = latest_action()
    roles.remove_from_staff(user=support)
    erasure.begin(user_id=support.pk)
    assert erasure.erase(user_id=support.pk) == "done"
    with audit_staff_action(action="erase", user_id=alice.pk):
        pass
    after = client_of(make_staff("support"))
    all_actions, erased_staff = "/admin/accounts/staffaction/", f"user {support.pk} (erased)"
    for path in (all_actions, f"{all_actions}{action.pk}/change/", f"{all_actions}?q={support.pk}"):
        page = after.get(path).content.decode()
        assert (page.count(erased_staff), "Abuse" in page) == (1, True), path
        assert page.count("command<") == (path == all_actions), path
    page = after.get(page_of(alice)).content.decode()
    assert (page.count(erased_staff), page.count("command<")) == (1, 1)
    assert page_of(support) not in page


def test_a_failed_reply_is_retried_at_no_cost(staff_client: Client, alice: User, failed_reply: Reply) -> None:
    before = units_used(alice)
    run_action(staff_client, failed_reply, "retry")
    failed_reply.refresh_from_db()
    assert (failed_reply.status, failed_reply.error, failed_reply.retries_left) == (Status.QUEUED, "", 3)
    assert units_used(alice) == before
    assert books_agree(alice)
    assert (latest_action().user_id, latest_action().target) == (alice.pk, f"reply {failed_reply.pk}")


def test_a_reply_that_has_not_failed_is_not_retried(staff_client: Client, alice: User, failed_reply: Reply) -> None:
    run_action(staff_client, failed_reply, "retry")
    count = StaffAction.objects.count()
    run_action(staff_client, failed_reply, "retry")
    assert StaffAction.objects.count() == count


def test_rows_cannot_be_edited_added_or_deleted(
    make_staff: Callable[..., User], client_of: Callable[[User], Client], alice: User, failed_reply: Reply
) -> None:
    root = client_of(make_staff(is_superuser=True))
    for path in (page_of(alice), f"/admin/chatrooms/reply/{failed_reply.pk}/change/"):
        assert root.post(path, {"mobile_number": "+919999999999", "status": "done"}).status_code == 403
    for name in ("accounts/user", "chatrooms/reply", "billing/tier", "accounts/staffaction"):
        assert root.get(f"/admin/{name}/add/").status_code == 403
        assert root.post(f"/admin/{name}/1/delete/", {"post": "yes"}).status_code in (302, 403)
    assert User.objects.filter(pk=alice.pk).exists()
