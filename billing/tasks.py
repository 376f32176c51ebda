"""What workers do for payments."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from celery import shared_task

from billing import events, leases, reconcile
from billing.exceptions import NotForSale, PaymentProviderAway
from config.observability import tracing

FIND_MISSED_EVERY: Final = timedelta(hours=1)
COMPARE_EVERY: Final = timedelta(days=1)


@shared_task
def process_event(event_id: int) -> str:
    """Process one event of Stripe's; how that went."""
    return events.process(event_id=event_id)


@shared_task
def sweep_events() -> int:
    """Publish the events that are due; how many."""
    return events.sweep()


@shared_task
def find_missed_events() -> int | str:
    """Record the events that Stripe could not deliver, once an hour; how many."""
    outcome: int | str = _once_in(FIND_MISSED_EVERY, "find-missed-events", reconcile.find_missed)
    return outcome


@shared_task
def reconcile_stripe() -> dict[str, int] | str:
    """Compare all subscriptions with Stripe's, once a day; how many were checked, and what was found.

    See `reconcile.Report`.
    """
    outcome: dict[str, int] | str = _once_in(COMPARE_EVERY, "reconcile-stripe", lambda: reconcile.compare().counts)
    return outcome


def _once_in(period: timedelta, name: str, work: Callable[[], Any]) -> Any:
    """Do the work unless it succeeded less than `period` ago; what it gave, or why it gave nothing.

    Beat asks far more often and remembers nothing: where it is restarted every day, the day's run would never be due.
    When it last succeeded a lease remembers, which ends after the period.
    """
    held = leases.try_hold(name=f"done:{name}", seconds=period.total_seconds())
    if held is None:
        return tracing.NOTHING_DUE
    try:
        return work()
    except (PaymentProviderAway, NotForSale) as error:
        leases.release(held)
        return error.code
    except BaseException:
        leases.release(held)
        raise
