"""Celery tasks for payments."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from celery import shared_task

from billing import events, leases, reconcile
from billing.exceptions import NotForSale, PaymentProviderUnavailable
from config.observability import tracing

FIND_MISSED_EVERY: Final = timedelta(hours=1)
COMPARE_EVERY: Final = timedelta(days=1)


@shared_task
def process_event(event_id: int) -> str:
    """Process one of Stripe's events; the outcome."""
    return events.process(event_id=event_id)


@shared_task
def sweep_events() -> int:
    """Publish the tasks of the events that are due; their number."""
    return events.sweep()


@shared_task
def find_missed_events() -> int | str:
    """Record the events that Stripe could not deliver, once an hour; their number."""
    outcome: int | str = _once_in(FIND_MISSED_EVERY, "find-missed-events", reconcile.find_missed)
    return outcome


@shared_task
def reconcile_stripe() -> dict[str, int] | str:
    """Compare all subscriptions with Stripe's, once a day; the numbers of `reconcile.Report`."""
    outcome: dict[str, int] | str = _once_in(COMPARE_EVERY, "reconcile-stripe", lambda: reconcile.compare().counts)
    return outcome


def _once_in(period: timedelta, name: str, work: Callable[[], Any]) -> Any:
    """Do the work unless it succeeded less than `period` ago; its result, or the reason why there is none.

    Beat publishes the task far more often, because it keeps no schedule across restarts: with a restart every day, a
    daily task would never be due. A lease that expires after the period records the last success.
    """
    held = leases.try_acquire(name=f"done:{name}", seconds=period.total_seconds())
    if held is None:
        return tracing.NOTHING_DUE
    try:
        return work()
    except (PaymentProviderUnavailable, NotForSale) as error:
        leases.release(held)
        return error.code
    except BaseException:
        leases.release(held)
        raise
