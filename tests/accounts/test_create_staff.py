"""`manage.py create_staff`."""

import base64
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import sessions
from accounts.models import Session, StaffAction, User
from accounts.staff import second_factor

pytestmark = pytest.mark.django_db

PASSWORD = "seven small elephants"


@pytest.fixture(autouse=True)
def _roles() -> None:
    for name in ("support", "billing", "operator"):
        Group.objects.get_or_create(name=name)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Simulate a user at the terminal who types these lines."""

    def type_in(*lines: str) -> None:
        left = list(lines)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("getpass.getpass", lambda _: left.pop(0))

    return type_in


def run(*arguments: Any) -> str:
    output = io.StringIO()
    call_command("create_staff", *(str(each) for each in arguments), stdout=output)
    return output.getvalue()


def recovery_codes(said: str) -> list[str]:
    return re.findall(r"^  ([a-z0-9]{12})$", said, re.MULTILINE)


def kept(codes: list[str]) -> set[str]:
    return {second_factor.recovery_code_digest(code) for code in codes}


def test_a_new_number_gets_everything_that_signing_in_requires(number: str) -> None:
    said = run(number, "--role", "support", "--generate")
    user = User.objects.get(mobile_number=number)
    assert (user.is_staff, user.is_superuser, user.is_active) == (True, False, True)
    assert [group.name for group in user.groups.all()] == ["support"]
    assert user.check_password(re.search(r"Password: (\S+)", said)[1])  # type: ignore[index]
    assert said.count("otpauth://totp/Kuvaka") == 1
    codes = recovery_codes(said)
    assert len(set(codes)) == 10
    assert {token.token for token in StaticDevice.objects.get(user=user).token_set.all()} == kept(codes)
    assert StaffAction.objects.values_list("action", "target", "outcome").get() == ("make_staff", "support", "done")


def test_the_shown_credentials_sign_in_to_the_admin(number: str, settings: Any) -> None:
    said = run(number, "--role", "support", "--generate")
    secret = re.search(r"secret=([A-Z2-7]+)", said)
    password = re.search(r"Password: (\S+)", said)
    assert secret
    assert password
    token = f"{TOTP(base64.b32decode(secret[1])).token():06}"
    client, page = Client(), f"/{settings.DESK_PATH}login/"
    for code, status in (("000000", 200), (token, 302)):
        tried = client.post(page, {"username": number, "password": password[1], "otp_token": code})
        assert tried.status_code == status
        TOTPDevice.objects.update(throttling_failure_count=0)  # the next attempt would have to wait a second


def test_a_password_is_asked_for_twice_and_has_to_keep_the_rules(number: str, typed: Callable[..., None]) -> None:
    typed(PASSWORD, PASSWORD + "!")
    with pytest.raises(CommandError, match="passwords differ"):
        run(number, "--role", "support")
    typed("short", "short")
    with pytest.raises(CommandError, match="15 characters"):
        run(number, "--role", "support")
    typed(number, number)
    with pytest.raises(CommandError, match="phone number"):
        run(number, "--role", "support")
    assert not User.objects.exists()
    typed(PASSWORD, PASSWORD)
    said = run(number, "--role", "support")
    assert User.objects.get().check_password(PASSWORD)
    assert PASSWORD not in said


def test_without_a_terminal_a_password_has_to_be_generated(number: str) -> None:
    with pytest.raises(CommandError, match="--generate"):
        run(number, "--role", "support")
    assert not User.objects.exists()


def test_a_new_role_replaces_the_old_one_and_keeps_the_password(number: str) -> None:
    user = User.objects.create_user(number, PASSWORD)
    first = run(user.pk, "--role", "support")
    second = run(user.pk, "--role", "billing")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert [group.name for group in user.groups.all()] == ["billing"]
    assert "otpauth" in first
    assert "otpauth" not in second
    assert TOTPDevice.objects.count() == StaticDevice.objects.count() == 1


def test_an_id_that_could_be_a_number_is_an_id(number: str) -> None:
    user = User.objects.create_user(number, PASSWORD, pk=7310000001)
    run(user.pk, "--role", "support")
    assert User.objects.count() == 1
    user.refresh_from_db()
    assert user.is_staff


def test_a_new_password_ends_every_session(number: str) -> None:
    user = User.objects.create_user(number, PASSWORD)
    sessions.start(user=user, method=Session.Method.CODE, user_agent="")
    run(number, "--role", "support", "--generate")
    assert not Session.objects.filter(revoked_at=None).exists()


def test_a_new_second_factor_ends_the_old_one(number: str) -> None:
    old = recovery_codes(run(number, "--role", "support", "--generate"))
    key = TOTPDevice.objects.get().key
    new = recovery_codes(run(number, "--reset-second-factor"))
    assert TOTPDevice.objects.get().key != key
    assert not set(old) & set(new)
    assert {token.token for token in StaticDevice.objects.get().token_set.all()} == kept(new)
    assert StaffAction.objects.filter(action="reset_second_factor", outcome="done").exists()


def test_a_removed_staff_member_is_an_ordinary_user(number: str) -> None:
    run(number, "--role", "operator", "--generate")
    user = User.objects.get()
    sessions.start(user=user, method=Session.Method.CODE, user_agent="")
    run(number, "--remove")
    user.refresh_from_db()
    assert not user.is_staff
    assert not user.groups.exists()
    assert not TOTPDevice.objects.exists()
    assert not StaticDevice.objects.exists()
    assert not Session.objects.filter(revoked_at=None).exists()
    with pytest.raises(CommandError, match="not a staff member"):
        run(number, "--remove")


def reads(user: User) -> bool:
    return User.objects.get(pk=user.pk).has_perm("chatrooms.read_transcript")


def actions() -> list[tuple[str, str, str]]:
    return list(StaffAction.objects.order_by("pk").values_list("action", "target", "outcome"))


def test_reading_transcripts_is_granted_and_revoked_per_user(number: str) -> None:
    run(number, "--role", "support", "--generate")
    user = User.objects.get()
    assert not reads(user)
    assert run(user.pk, "--transcripts", "yes") == f"user {user.pk} may read transcripts\n"
    assert reads(user)
    assert [group.name for group in user.groups.all()] == ["support"]
    assert run(user.pk, "--transcripts", "no") == f"user {user.pk} may read no transcripts\n"
    assert not reads(user)
    assert actions()[1:] == [("transcripts", "yes", "done"), ("transcripts", "no", "done")]
    assert set(StaffAction.objects.values_list("user_id", flat=True)) == {user.pk}


@pytest.mark.parametrize("role", ["support", "billing"])
def test_a_new_role_ends_permissions_of_the_user(number: str, role: str) -> None:
    run(number, "--role", "support", "--transcripts", "yes", "--generate")
    user = User.objects.get()
    assert reads(user)
    run(user.pk, "--role", role)
    assert not reads(user)
    assert not user.user_permissions.exists()


@pytest.mark.parametrize(("said", "may"), [("yes", True), ("no", False)])
def test_a_role_and_reading_transcripts_are_given_at_once(number: str, said: str, may: bool) -> None:
    user = User.objects.create_superuser(number, PASSWORD)
    run(number, "--role", "operator", "--transcripts", said)
    assert reads(user) is may
    assert actions() == [("make_staff", "operator", "done"), ("transcripts", said, "done")]


def test_only_staff_with_a_role_may_read_transcripts(number: str, new_number: Any) -> None:
    user, root = User.objects.create_user(number, PASSWORD), User.objects.create_superuser(new_number(), PASSWORD)
    for arguments in ([user.pk], [root.pk], [new_number()], [], [root.pk, "--remove"], [user.pk, "--dry-run"]):
        with pytest.raises(CommandError):
            run(*arguments, "--transcripts", "yes")
    with pytest.raises(CommandError, match="superuser"):
        run(root.pk, "--transcripts", "no")
    assert not reads(user)
    assert not StaffAction.objects.exists()


def test_a_dry_run_shows_transcript_access_and_changes_nothing(number: str) -> None:
    user = User.objects.create_user(number, PASSWORD, is_staff=True)
    for arguments in (["--transcripts", "yes"], ["--role", "support", "--transcripts", "yes"]):
        said = run(number, *arguments, "--dry-run")
        assert "would be" in said
        assert "may read transcripts" in said
    assert not reads(user)
    assert not StaffAction.objects.exists()


def test_the_list_shows_who_reads_transcripts(number: str, new_number: Any) -> None:
    run(number, "--role", "support", "--transcripts", "yes", "--generate")
    run(new_number(), "--role", "support", "--generate")
    reader, other = User.objects.order_by("pk")
    assert run("--list") == f"user {reader.pk}: support, reads transcripts\nuser {other.pk}: support\n"
    assert [row["transcripts"] for row in json.loads(run("--list", "--json"))] == [True, False]


def test_the_list_shows_ids_and_no_phone_numbers(number: str) -> None:
    run(number, "--role", "billing", "--generate")
    user = User.objects.get()
    assert run("--list") == f"user {user.pk}: billing\n"
    assert json.loads(run("--list", "--json"))[0]["second_factor"] is True
    TOTPDevice.objects.all().delete()
    assert "no second factor" in run("--list")


def test_a_missing_role_is_an_error_and_changes_nothing(number: str) -> None:
    Group.objects.all().delete()
    with pytest.raises(CommandError, match=r"manage\.py migrate"):
        run(number, "--role", "support", "--generate")
    assert not User.objects.exists()
    assert not TOTPDevice.objects.exists()


def test_a_dry_run_and_what_is_incomplete_change_nothing(number: str) -> None:
    assert "would be" in run(number, "--role", "support", "--dry-run")
    for arguments in ([], [number], ["--role", "support"], [number, "--role", "support", "--remove"]):
        with pytest.raises(CommandError):
            run(*arguments)
    assert not User.objects.exists()
    assert not StaffAction.objects.exists()


def test_the_disabled_are_refused(number: str) -> None:
    User.objects.create_user(number, PASSWORD, is_active=False)
    with pytest.raises(CommandError, match="disabled"):
        run(number, "--role", "support")


def test_nothing_of_it_is_logged(number: str, logged: io.StringIO) -> None:
    said = run(number, "--role", "support", "--generate")
    secret = re.search(r"secret=([A-Z2-7]+)", said)
    assert secret
    for private in (number[3:], secret[1], *recovery_codes(said), re.search(r"Password: (\S+)", said)[1]):  # type: ignore[index]
        assert private not in logged.getvalue()
    assert "staff_action" in logged.getvalue()
