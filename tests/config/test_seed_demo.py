"""`manage.py seed_demo`."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F, Sum
from django.utils import timezone

from accounts import phone_numbers
from accounts.models import StaffAction, User
from billing.entitlements import current_tier_status
from billing.models import DailyUsage, LedgerEntry, ServiceUsage
from chatrooms.models import Chatroom, Message, Reply, Role, Status
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _development(settings: Any) -> None:
    settings.DEBUG = True


def run(*arguments: Any) -> str:
    output = io.StringIO()
    call_command("seed_demo", *(str(each) for each in arguments), stdout=output)
    return output.getvalue()


def test_it_creates_as_many_as_requested_and_no_more_when_rerun() -> None:
    said = run("--users", 30, "--messages", 1200)
    assert "created: 30 users, 1200 messages" in said
    assert (User.objects.count(), Message.objects.count()) == (30, 1200)
    assert "created: 0 users, 0 messages" in run("--users", 30, "--messages", 1200)
    assert (User.objects.count(), Message.objects.count()) == (30, 1200)


def test_a_second_run_makes_what_is_missing() -> None:
    run("--users", 10, "--messages", 100)
    run("--users", 15, "--messages", 200)
    assert (User.objects.count(), Message.objects.count()) == (15, 200)
    run("--users", 15, "--messages", 400)
    assert (User.objects.count(), Message.objects.count()) == (15, 400)
    assert_units_agree()


def assert_units_agree() -> None:
    counted = {(row.user_id, row.day): row.used for row in DailyUsage.objects.all()}
    ledger = LedgerEntry.objects.values_list("user_id", "day").annotate(sum=Sum("amount"))
    assert {(user, day): total for user, day, total in ledger} == counted
    tokens_of_users = DailyUsage.objects.aggregate(prompt=Sum("prompt_tokens"), output=Sum("output_tokens"))
    tokens_of_all = ServiceUsage.objects.aggregate(prompt=Sum("prompt_tokens"), output=Sum("output_tokens"))
    tokens_of_replies = Reply.objects.aggregate(prompt=Sum("prompt_tokens"), output=Sum("output_tokens"))
    assert tokens_of_users == tokens_of_all == tokens_of_replies


def test_units_ledger_and_tokens_agree_and_failures_are_refunded() -> None:
    run("--users", 25, "--messages", 2000)
    assert_units_agree()
    failed = Reply.objects.filter(status=Status.FAILED)
    assert failed.count() == LedgerEntry.objects.filter(kind="return").count() > 0
    assert not failed.filter(unit__returned=None).exists()


def test_replies_end_in_every_way_and_nothing_is_left_to_do() -> None:
    run("--users", 25, "--messages", 2000)
    assert set(Reply.objects.values_list("status", flat=True)) == {Status.DONE, Status.FAILED, Status.STOPPED}
    assert Reply.objects.count() == Message.objects.filter(role=Role.USER).count()
    assert not Reply.objects.filter(finished_at__gt=timezone.now()).exists()
    assert not Reply.objects.filter(pk__lte=F("answers_id")).exists()
    assert not Reply.objects.exclude(user_id=F("room__user_id")).exists()


def test_some_users_have_a_pro_grant_and_others_obey_basic() -> None:
    run("--users", 40, "--messages", 2000)
    sources = {user.pk: current_tier_status(user_id=user.pk).source for user in User.objects.all()}
    pro = [pk for pk, source in sources.items() if source == "grant"]
    assert len(pro) == 2
    basic = DailyUsage.objects.exclude(user_id__in=pro)
    assert basic.exists()
    assert not basic.filter(used__gt=10).exists()
    assert StaffAction.objects.filter(action="grant_pro", user_id__in=pro).count() == 2


def test_the_users_can_sign_in_and_find_their_messages() -> None:
    said = run("--users", 3, "--messages", 300)
    user = User.objects.order_by("pk").first()
    assert user
    assert user.mobile_number in said
    assert phone_numbers.parse(user.mobile_number) == user.mobile_number
    client = signed_in(user)
    rooms = client.get("/chatroom").json()
    assert rooms
    assert client.get(f"/chatroom/{rooms[0]['id']}").json()["messages"]
    word = Message.objects.filter(user=user, role=Role.USER)[0].content.split()[0]
    assert client.get("/search", {"q": word}).json()


def test_it_neither_counts_nor_changes_other_users() -> None:
    real = User.objects.create_user("+919812345670")
    Chatroom.objects.create(user=real, name="Mine")
    assert "existing: 0 users, 0 messages" in run("--users", 2, "--messages", 20)
    assert not Message.objects.filter(user=real).exists()
    assert Chatroom.objects.get(user=real).name == "Mine"
    later = User.objects.create_user("+919812345671")
    assert later.pk > real.pk + 2, "the ids that were taken are not given out again"


def test_it_is_refused_where_it_could_do_harm(settings: Any) -> None:
    with pytest.raises(CommandError, match="a higher --users"):
        run("--users", 1, "--messages", 100_000)
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG is off"):
        run()
    assert not User.objects.exists()


def test_a_dry_run_makes_nothing() -> None:
    assert "would be created: 5 users, 50 messages" in run("--users", 5, "--messages", 50, "--dry-run")
    assert not User.objects.exists()
