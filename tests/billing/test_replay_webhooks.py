"""`manage.py replay_webhooks`."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import StaffAction
from billing.models import StripeEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _events() -> None:
    StripeEvent.objects.create(
        event_id="evt_failed", type="invoice.paid", next_attempt_at=None, attempts=12, error="KeyError"
    )
    StripeEvent.objects.create(event_id="evt_waiting", type="invoice.paid")


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("replay_webhooks", *arguments, stdout=output)
    return output.getvalue()


def test_without_ids_all_failed_events_are_replayed() -> None:
    said = run()
    assert "evt_failed invoice.paid KeyError" in said
    assert "1 are to be processed again" in said
    assert not StripeEvent.objects.failed().exists()
    assert StaffAction.objects.values_list("action", "target", "outcome").get() == (
        "replay_webhooks",
        "1 events",
        "done",
    )


def test_a_dry_run_lists_the_events_and_replays_none() -> None:
    printed = json.loads(run("--dry-run", "--json"))
    assert [event["event_id"] for event in printed["events"]] == ["evt_failed"]
    assert (printed["count"], printed["dry_run"]) == (1, True)
    assert StripeEvent.objects.failed().exists()
    assert not StaffAction.objects.exists()


def test_an_unknown_event_is_an_error_and_nothing_is_replayed() -> None:
    with pytest.raises(CommandError, match="evt_unknown"):
        run("evt_failed", "evt_unknown")
    assert StripeEvent.objects.failed().exists()
