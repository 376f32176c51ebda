"""The reaper: takes replies from workers that died, and publishes what no worker claimed. Beat runs it."""

from datetime import timedelta
from typing import Final

import structlog
from django.db.models.functions import Now

from chatrooms import redis_stream
from chatrooms.exceptions import WORKER_LOST
from chatrooms.models import Reply, Status
from chatrooms.replies.lifecycle import end_as_failed, held_by_attempt, schedule_retry
from chatrooms.replies.publishing import republish_due
from chatrooms.replies.stopping import settle_for_dead_worker
from config.observability import metrics, tracing

log = structlog.get_logger(__name__)

BATCH: Final = 500


def reap() -> tuple[int, int]:
    """Run once; two runs at the same time do no harm.

    Returns:
        How many leases had expired, and how many replies were published.
    """
    expired = list(Reply.objects.filter(status=Status.GENERATING, lease_until__lt=Now())[:BATCH])
    for reply in expired:
        _end_expired_lease(reply)
    for reply in Reply.objects.unsettled().filter(lease_until__lt=Now())[:BATCH]:
        settle_for_dead_worker(reply)
    metrics.reaps.inc()
    with tracing.apart():
        return len(expired), republish_due()


def _end_expired_lease(reply: Reply) -> None:
    """End the attempt of an expired lease, unless the lease was renewed since it was read."""
    expired = held_by_attempt(reply).filter(lease_until__lt=Now())
    if schedule_retry(expired, timedelta(), code=WORKER_LOST):
        log.warning("reply_lease_lost", reply_id=reply.pk, attempt=reply.attempt)
        redis_stream.discard(reply_id=reply.pk, attempt=reply.attempt)
        metrics.leases_lost.inc()
    elif end_as_failed(reply, expired.filter(retries_left__lte=1), error=WORKER_LOST):
        metrics.leases_lost.inc()
