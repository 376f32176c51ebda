"""What was said is closed: a permission of its own, a reason and a record open it, for a while and for one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db.models.functions import Now
from django.test import Client

from accounts.models import StaffAction, User
from chatrooms.models import Chatroom, Reply
from tests.desk.conftest import do, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(make_staff: Callable[..., User]) -> User:
    staff = make_staff("support")
    staff.user_permissions.add(Permission.objects.get(codename="read_transcript"))
    return staff


def transcript(desk: Client, room: Chatroom) -> str | None:
    answer = desk.get(f"/admin/chatrooms/chatroom/{room.pk}/transcript/")
    return answer.content.decode() if answer.status_code == 200 else None


@pytest.mark.parametrize("role", ["support", "billing", "operator"])
def test_no_role_opens_one(
    make_staff: Callable[..., User], desk_of: Callable[[User], Client], room: Chatroom, failed: Reply, role: str
) -> None:
    desk = desk_of(make_staff(role))
    assert do(desk, room, "open_transcript").status_code == 403
    assert desk.get(f"/admin/chatrooms/chatroom/{room.pk}/transcript/").status_code == 403
    assert not StaffAction.objects.exists()


def test_the_permission_alone_shows_nothing(
    desk_of: Callable[[User], Client], reader: User, room: Chatroom, failed: Reply
) -> None:
    assert transcript(desk_of(reader), room) is None
    assert not StaffAction.objects.exists()


def test_a_reason_opens_it_and_stays_on_record(
    desk_of: Callable[[User], Client], reader: User, room: Chatroom, failed: Reply
) -> None:
    desk = desk_of(reader)
    opened = do(desk, room, "open_transcript", reason="Asked by the owner in ticket 9")
    page = desk.get(opened["Location"]).content.decode()
    assert "A secret question" in page
    assert "Asked by the owner in ticket 9" in page
    assert "<textarea" not in page
    row = record()
    assert (row.staff_id, row.user_id, row.target) == (reader.pk, room.user_id, f"room {room.pk}")


def test_it_is_open_for_a_quarter_of_an_hour(
    desk_of: Callable[[User], Client], reader: User, room: Chatroom, failed: Reply
) -> None:
    desk = desk_of(reader)
    do(desk, room, "open_transcript")
    StaffAction.objects.update(created_at=Now() - timedelta(minutes=16))
    assert transcript(desk, room) is None


def test_another_role_closes_it_at_once(
    desk_of: Callable[[User], Client], reader: User, room: Chatroom, failed: Reply
) -> None:
    desk = desk_of(reader)
    do(desk, room, "open_transcript")
    assert transcript(desk, room) is not None
    call_command("create_staff", str(reader.pk), "--role", "operator")
    assert transcript(desk, room) is None
    assert do(desk, room, "open_transcript").status_code == 403


def test_it_is_open_for_nobody_else_and_no_other_room(
    desk_of: Callable[[User], Client],
    make_staff: Callable[..., User],
    reader: User,
    room: Chatroom,
    failed: Reply,
) -> None:
    do(desk_of(reader), room, "open_transcript")
    colleague = make_staff("support")
    colleague.user_permissions.add(Permission.objects.get(codename="read_transcript"))
    assert transcript(desk_of(colleague), room) is None
    other = Chatroom.objects.create(user_id=room.user_id, name="Other")
    assert transcript(desk_of(reader), other) is None


def test_what_was_said_is_shown_as_text(
    desk_of: Callable[[User], Client], reader: User, room: Chatroom, failed: Reply
) -> None:
    Reply.objects.filter(pk=failed.pk).update(status="done", error="", content="<script>alert(1)</script>")
    desk = desk_of(reader)
    do(desk, room, "open_transcript")
    page = transcript(desk, room)
    assert page is not None
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_no_other_page_shows_a_word_of_it(desk: Client, room: Chatroom, failed: Reply) -> None:
    for path in (
        "/admin/chatrooms/chatroom/",
        f"/admin/chatrooms/chatroom/{room.pk}/change/",
        "/admin/chatrooms/reply/",
        f"/admin/chatrooms/reply/{failed.pk}/change/",
        "/admin/search/?s=secret",
    ):
        page = desk.get(path).content.decode()
        assert "secret question" not in page, path
        assert "Divorce" not in page, path
