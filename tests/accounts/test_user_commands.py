"""`manage.py export_user` and `manage.py erase_user`."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts import sessions
from accounts.models import Session, StaffAction, User
from accounts.personal_data import erasure

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(new_number: Callable[[], str]) -> User:
    return User.objects.create_user(new_number(), display_name="Asha")


def run(*arguments: Any) -> str:
    output = io.StringIO()
    call_command(*(str(each) for each in arguments), stdout=output)
    return output.getvalue()


def actions() -> list[tuple[str, int | None, str]]:
    return list(StaffAction.objects.order_by("pk").values_list("action", "user_id", "outcome"))


@pytest.mark.parametrize("spelt", ["id", "number", "in words of their own"])
def test_an_export_is_one_json_document_and_is_recorded(alice: User, spelt: str) -> None:
    national = alice.mobile_number[3:]
    name = {"id": str(alice.pk), "number": alice.mobile_number}.get(spelt, f"0{national[:5]} {national[5:]}")
    document = json.loads(run("export_user", name, "--reason", "asked for by letter"))
    assert document["account"][0]["display_name"] == "Asha"
    assert {"sessions", "messages", "units"} <= document.keys()
    assert actions() == [("export", alice.pk, "done")]
    assert StaffAction.objects.get().reason == "asked for by letter"


@pytest.mark.parametrize("name", ["+919812345699", "999999999", "9" * 30, "Asha", "-1", ""])
def test_an_unknown_user_is_an_error_that_repeats_no_number(alice: User, name: str) -> None:
    for command in (["export_user"], ["erase_user", "--no-input"]):
        with pytest.raises(CommandError) as raised:
            run(*command, "--", name)
        assert not name or name not in str(raised.value)
    assert actions() == []


def test_digits_that_mean_two_users_are_refused(alice: User) -> None:
    national = alice.mobile_number[3:]
    other = User.objects.create_user("+919812345699", pk=int(national))
    with pytest.raises(CommandError, match=r"with its \+"):
        run("erase_user", "--no-input", national)
    assert "user" in run("erase_user", "--no-input", "--dry-run", alice.mobile_number)
    alice.delete()
    assert f"user {other.pk} would" in run("erase_user", "--no-input", "--dry-run", national)


def test_an_erasure_signs_out_at_once_and_is_recorded(alice: User) -> None:
    sessions.start(user=alice, method=Session.Method.CODE, user_agent="")
    said = run("erase_user", alice.pk, "--no-input", "--reason", "asked for by letter")
    assert said == f"user {alice.pk} is signed out, and being erased\n"
    alice.refresh_from_db()
    assert alice.erasing_at
    assert not Session.objects.filter(revoked_at=None).exists()
    assert actions() == [("erase", alice.pk, "done")]
    assert "already" in run("erase_user", alice.pk, "--no-input")


def test_an_erasure_can_be_waited_for(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.management.commands.erase_user.time.sleep", lambda _: erasure.erase(user_id=alice.pk))
    assert f"user {alice.pk} is erased" in run("erase_user", alice.pk, "--no-input", "--wait")
    assert not User.objects.exists()


def test_waiting_in_vain_is_an_error(alice: User) -> None:
    with pytest.raises(CommandError, match="not done after 0 s"):
        run("erase_user", alice.pk, "--no-input", "--wait", "0")


def test_a_dry_run_and_a_missing_confirmation_erase_nothing(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "would be erased" in run("erase_user", alice.pk, "--dry-run")
    with pytest.raises(CommandError, match="--no-input"):
        run("erase_user", alice.pk)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    with pytest.raises(CommandError, match="Nothing was done"):
        run("erase_user", alice.pk)
    alice.refresh_from_db()
    assert alice.erasing_at is None
    assert actions() == []


def test_the_staff_are_not_erased(alice: User) -> None:
    User.objects.update(is_staff=True)
    with pytest.raises(CommandError, match="staff"):
        run("erase_user", alice.pk, "--no-input")
    alice.refresh_from_db()
    assert alice.erasing_at is None
