"""`manage.py grant_pro`."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import StaffAction, User
from billing.entitlements import current_tier_status
from billing.models import Grant

pytestmark = pytest.mark.django_db

NUMBER = "+919812345670"


@pytest.fixture
def user() -> User:
    return User.objects.create_user(NUMBER)


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("grant_pro", *arguments, stdout=output)
    return output.getvalue()


def test_a_grant_gives_pro_and_says_so(user: User) -> None:
    said = run("098123 45670", "--days", "7", "--reason", "a broken payment")
    assert current_tier_status(user_id=user.pk).source == "grant"
    assert f"user {user.pk}: Pro (grant) until " in said
    assert Grant.objects.get().reason == "a broken payment"
    assert NUMBER[3:] not in said


def test_revoking_ends_every_grant(user: User) -> None:
    for days in ("7", "30"):
        run(NUMBER, "--days", days, "--reason", "a test")
    assert "revoked: 2" in run(NUMBER, "--revoke")
    assert current_tier_status(user_id=user.pk).source == "default"


def test_a_dry_run_changes_nothing(user: User) -> None:
    assert "would be granted for 7 days" in run(NUMBER, "--days", "7", "--reason", "a test", "--dry-run")
    assert not Grant.objects.exists()
    run(NUMBER, "--days", "7", "--reason", "a test")
    assert "would be revoked: 1" in run(NUMBER, "--revoke", "--dry-run")
    assert current_tier_status(user_id=user.pk).source == "grant"


@pytest.mark.parametrize(
    "arguments",
    [
        (NUMBER,),
        (NUMBER, "--days", "0", "--reason", "a test"),
        (NUMBER, "--days", "36600000", "--reason", "a test"),
        (NUMBER, "--days", "7"),
        (NUMBER, "--days", "7", "--reason", "  "),
        ("+919812345699", "--days", "7", "--reason", "a test"),
        ("not a number", "--days", "7", "--reason", "a test"),
    ],
)
def test_incomplete_arguments_are_refused(user: User, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
    assert not Grant.objects.exists()


def test_grants_are_recorded_as_staff_actions_and_dry_runs_not(user: User) -> None:
    run(NUMBER, "--days", "7", "--reason", "a test", "--dry-run")
    run(str(user.pk), "--days", "7", "--reason", "a broken payment")
    run(NUMBER, "--revoke", "--reason", "a mistake")
    run(NUMBER, "--revoke")
    recorded = StaffAction.objects.order_by("pk").values_list("action", "user_id", "reason", "outcome", "staff_id")
    assert list(recorded) == [
        ("grant_pro", user.pk, "a broken payment", "done", None),
        ("revoke_grants", user.pk, "a mistake", "done", None),
    ]


def test_the_outcome_can_be_printed_as_json(user: User) -> None:
    printed = json.loads(run(NUMBER, "--days", "7", "--reason", "a test", "--json"))
    assert (printed["user_id"], printed["tier"], printed["source"], printed["dry_run"]) == (
        user.pk,
        "pro",
        "grant",
        False,
    )
    assert printed["until"]
