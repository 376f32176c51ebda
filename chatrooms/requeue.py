"""What an operator does for replies that do not move on: publish them again, and retry what failed.

An answer is never made twice by it. What is published again is taken by one worker alone, since the claim is one
conditional UPDATE; what is retried is one current reply that has failed, which the user sees without an answer.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models.functions import Now

from accounts.staff.audit_trail import audit_staff_action
from billing.exceptions import ServiceBudgetReached
from chatrooms import conversation
from chatrooms.models import Reply, ReplyQuerySet, Status
from chatrooms.replies import reaper
from config.http.problems import Problem


@dataclass(slots=True, kw_only=True)
class Requeued:
    """What became of the replies. `skipped` counts those that could not be retried, by the code of the reason."""

    taken_back: int = 0
    published: int = 0
    retried: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    stopped_by: str = ""
    """Why it ended before all were done: `broker_away`, or a code."""


def run_out() -> ReplyQuerySet:
    """The replies whose worker has not renewed its lease in time."""
    rows: ReplyQuerySet = Reply.objects.filter(status=Status.GENERATING, lease_until__lt=Now())
    return rows


def startable() -> ReplyQuerySet:
    """The replies that a worker could take now."""
    rows: ReplyQuerySet = Reply.objects.due()
    return rows


def failed(*, code: str, since: datetime) -> ReplyQuerySet:
    """The current replies that failed with `code` since then, oldest first."""
    rows: ReplyQuerySet = Reply.objects.filter(
        status=Status.FAILED, is_current=True, error=code, finished_at__gte=since
    )
    return rows.order_by("pk")


def requeue() -> Requeued:
    """Take back what dead workers held, and publish everything that could start."""
    done = Requeued()
    waiting = startable().update(publish_at=Now())
    # A queue that takes long to publish must not have its beginning published again.
    while done.published <= waiting + done.taken_back:
        lost, published = reaper.reap()
        done.taken_back += lost
        done.published += published
        if not lost and not published:
            break
    # Whatever is left, Redis did not take; a reply that a worker took meanwhile is not due any more.
    if startable().filter(publish_at__lte=Now()).exists():
        done.stopped_by = "broker_away"
    return done


def retry(rows: ReplyQuerySet) -> Requeued:
    """Retry failed replies, each in a transaction of its own and recorded; the user pays nothing for it."""
    done = Requeued()
    for reply in rows.values("pk", "user_id", "answers_id"):
        try:
            _retry(**reply)
        except ServiceBudgetReached as problem:
            done.stopped_by = problem.code
            break
        except Problem as problem:
            done.skipped[problem.code] += 1
        else:
            done.retried += 1
    return done


def _retry(*, pk: int, user_id: int, answers_id: Any) -> None:
    with audit_staff_action(action="retry", user_id=user_id, target=f"reply {pk}"):
        conversation.retry_at_our_cost(user_id=user_id, message_id=answers_id)
