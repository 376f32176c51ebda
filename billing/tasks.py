"""What workers do for payments."""

from celery import shared_task

from billing import events, reconcile
from billing.exceptions import NotForSale, PaymentProviderAway


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
    """Record the events that Stripe could not deliver; how many."""
    try:
        return reconcile.find_missed()
    except (PaymentProviderAway, NotForSale) as error:
        return error.code


@shared_task
def reconcile_stripe() -> dict[str, int] | str:
    """Compare all subscriptions with Stripe's; how many were checked, and what was found (see `reconcile.Report`)."""
    try:
        return reconcile.compare().counts
    except (PaymentProviderAway, NotForSale) as error:
        return error.code
