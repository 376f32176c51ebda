"""Transcripts need a permission of their own, a reason and a record, and open for 15 minutes for one staff member."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db.models.functions import Now
from django.test import Client

from accounts.models import StaffAction, User
from chatrooms.models import Chatroom, Reply
from tests.admin.conftest import latest_action, run_action

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(make_staff: Callable[..., User]) -> User:
    staff = make_staff("support")
    staff.user_permissions.add(Permission.objects.get(codename="read_transcript"))
    return staff


def transcript(staff_client: Client, room: Chatroom) -> str | None:
    response = staff_client.get(f"/admin/chatrooms/chatroom/{room.pk}/transcript/")
    return response.content.decode() if response.status_code == 200 else None


@pytest.mark.parametrize("role", ["support", "billing", "operator"])
def test_no_role_opens_a_transcript(
    make_staff: Callable[..., User],
    client_of: Callable[[User], Client],
    room: Chatroom,
    failed_reply: Reply,
    role: str,
) -> None:
    staff_client = client_of(make_staff(role))
    assert run_action(staff_client, room, "open_transcript").status_code == 403
    assert staff_client.get(f"/admin/chatrooms/chatroom/{room.pk}/transcript/").status_code == 403
    assert not StaffAction.objects.exists()


def test_the_permission_alone_shows_nothing(
    client_of: Callable[[User], Client], reader: User, room: Chatroom, failed_reply: Reply
) -> None:
    assert transcript(client_of(reader), room) is None
    assert not StaffAction.objects.exists()


def test_a_reason_opens_a_transcript_and_is_recorded(
    client_of: Callable[[User], Client], reader: User, room: Chatroom, failed_reply: Reply
) -> None:
    staff_client = client_of(reader)
    opened = run_action(staff_client, room, "open_transcript", reason="Asked by the owner in ticket 9")
    page = staff_client.get(opened["Location"]).content.decode()
    assert "A secret question" in page
    assert "Asked by the owner in ticket 9" in page
    assert "<textarea" not in page
    row = latest_action()
    assert (row.staff_id, row.user_id, row.target) == (reader.pk, room.user_id, f"room {room.pk}")


def test_a_transcript_stays_open_for_15_minutes(
    client_of: Callable[[User], Client], reader: User, room: Chatroom, failed_reply: Reply
) -> None:
    staff_client = client_of(reader)
    run_action(staff_client, room, "open_transcript")
    StaffAction.objects.update(created_at=Now() - timedelta(minutes=16))
    assert transcript(staff_client, room) is None


def test_a_new_role_closes_a_transcript_at_once(
    client_of: Callable[[User], Client], reader: User, room: Chatroom, failed_reply: Reply
) -> None:
    staff_client = client_of(reader)
    run_action(staff_client, room, "open_transcript")
    assert transcript(staff_client, room) is not None
    call_command("create_staff", str(reader.pk), "--role", "operator")
    assert transcript(staff_client, room) is None
    assert run_action(staff_client, room, "open_transcript").status_code == 403


def test_no_other_staff_and_no_other_room_is_opened(
    client_of: Callable[[User], Client],
    make_staff: Callable[..., User],
    reader: User,
    room: Chatroom,
    failed_reply: Reply,
) -> None:
    run_action(client_of(reader), room, "open_transcript")
    colleague = make_staff("support")
    colleague.user_permissions.add(Permission.objects.get(codename="read_transcript"))
    assert transcript(client_of(colleague), room) is None
    other = Chatroom.objects.create(user_id=room.user_id, name="Other")
    assert transcript(client_of(reader), other) is None


def test_markup_in_a_reply_is_escaped(
    client_of: Callable[[User], Client], reader: User, room: Chatroom, failed_reply: Reply
) -> None:
    Reply.objects.filter(pk=failed_reply.pk).update(status="done", error="", content="<script>alert(1)</script>")
    staff_client = client_of(reader)
    run_action(staff_client, room, "open_transcript")
    page = transcript(staff_client, room)
    assert page is not None
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_no_other_page_shows_content(staff_client: Client, room: Chatroom, failed_reply: Reply) -> None:
    for path in (
        "/admin/chatrooms/chatroom/",
        f"/admin/chatrooms/chatroom/{room.pk}/change/",
        "/admin/chatrooms/reply/",
        f"/admin/chatrooms/reply/{failed_reply.pk}/change/",
        "/admin/search/?s=secret",
    ):
        page = staff_client.get(path).content.decode()
        assert "secret question" not in page, path
        assert "Divorce" not in page, path
