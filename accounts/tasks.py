"""Tasks of accounts. Their results are counts and short words, which contain no personal data."""

from celery import shared_task

from accounts import delivery, statistics
from accounts.personal_data import erasure, retention
from accounts.webhooks import outbox, senders
from config.celery import publish


@shared_task
def send_code(code_id: int) -> str:
    """Deliver one waiting code."""
    return delivery.send(code_id=code_id)


@shared_task
def send_waiting_codes() -> int:
    """Publish codes again whose task was lost; returns how many."""
    return sum(publish(send_code.name, code_id) for code_id in delivery.due())


@shared_task
def purge() -> dict[str, int]:
    """Delete the expired rows of every app; returns the number of rows by name."""
    return retention.purge()


@shared_task(name="accounts.tasks.collect_figures")
def collect_statistics() -> int:
    """Compute the statistics of the admin's charts; returns the number of days."""
    return statistics.collect()


@shared_task
def erase(user_id: int) -> str:
    """Erase one marked account, if its next attempt is due."""
    return erasure.erase(user_id=user_id)


@shared_task
def erase_due() -> int:
    """Publish the erasures whose next attempt is due; returns how many."""
    return sum(publish(erase.name, user_id) for user_id in erasure.due())


@shared_task
def send_webhooks() -> int:
    """Have what was just told sent in the background; returns how many threads of this process send now."""
    return senders.wake()


@shared_task
def send_due_webhooks() -> int:
    """Have what is due again sent, and what was lost; returns how many threads of this process send now."""
    return senders.wake()


@shared_task
def tell_of_expiring_keys() -> int:
    """Tell webhooks of the API keys that expire within a week; returns the number of deliveries."""
    return outbox.tell_of_expiring_keys()
