"""`manage.py purge`: deletes everything whose retention time is over."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog
from django.contrib.sessions.models import Session as DeskSession
from django.core.management import call_command
from django.db.models.functions import Now
from django.utils import timezone
from django_celery_results.models import TaskResult

from accounts.models import StaffAction
from billing.models import Lease, StripeEvent
from config.celery import app

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> dict[str, Any]:
    output = io.StringIO()
    call_command("purge", "--json", *arguments, stdout=output)
    return dict(json.loads(output.getvalue()))


@pytest.fixture
def old(settings: Any) -> list[str]:
    """One row of each kind whose retention time is over, and one whose time is not."""
    settings.RETAIN_STAFF_ACTIONS = timedelta(days=100)
    for days in (0, 101):
        moment = timezone.now() - timedelta(days=days)
        action = StaffAction.objects.create(action="export")
        StaffAction.objects.filter(pk=action.pk).update(created_at=moment)
        DeskSession.objects.create(session_key=f"k{days}", expire_date=moment + timedelta(hours=1))
        TaskResult.objects.create(task_id=f"t{days}")
        TaskResult.objects.filter(task_id=f"t{days}").update(date_done=moment)
        for kind in (AccessAttempt, AccessFailureLog):
            more = {"failures_since_start": 1} if kind is AccessAttempt else {}
            row = kind.objects.create(username=f"u{days}", ip_address="192.0.2.1", **more)
            kind.objects.filter(pk=row.pk).update(attempt_time=moment)
        StripeEvent.objects.create(event_id=f"evt_{days}", type="x", processed_at=Now(), next_attempt_at=None)
        StripeEvent.objects.filter(event_id=f"evt_{days}").update(received_at=moment)
        Lease.objects.create(name=f"l{days}", token="00000000-0000-4000-8000-000000000000", until=moment)
    return [
        "StaffAction",
        "admin sessions",
        "TaskResult",
        "admin failed attempts",
        "admin failure log",
        "StripeEvent",
        "Lease",
    ]


def test_everything_whose_time_is_over_goes_and_the_rest_stays(old: list[str]) -> None:
    counts = run()
    assert {name: counts[name] for name in old} == dict.fromkeys(old, 1)
    assert set(run().values()) == {0}
    assert StaffAction.objects.count() == DeskSession.objects.count() == TaskResult.objects.count() == 1
    assert AccessAttempt.objects.get().username == AccessFailureLog.objects.get().username == "u0"
    assert (StripeEvent.objects.get().event_id, Lease.objects.get().name) == ("evt_0", "l0")


def test_a_dry_run_counts_and_deletes_nothing(old: list[str]) -> None:
    counts = run("--dry-run")
    assert {name: counts[name] for name in old} == dict.fromkeys(old, 1)
    assert counts["Message"] is None
    assert StaffAction.objects.count() == 2


def test_staff_actions_are_kept_unless_a_setting_limits_them(old: list[str], settings: Any) -> None:
    settings.RETAIN_STAFF_ACTIONS = None
    assert "StaffAction" not in run()
    assert StaffAction.objects.count() == 2


def test_beat_runs_it_and_nothing_else_deletes_by_age() -> None:
    app.finalize()
    purges = [entry["task"] for entry in app.conf.beat_schedule.values() if "purge" in entry["task"]]
    assert purges == ["accounts.tasks.purge"]
    assert app.conf.result_expires is None
