"""What an operator can do for replies that are stuck: publish them again, and retry the failed ones.

No reply is generated twice. If a task is published twice, only one worker gets the reply, since the claim is one
conditional UPDATE. Only a current reply that has failed is retried.
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
    """The outcome. `skipped` counts the replies that could not be retried, by the code of the reason."""

    taken_back: int = 0
    published: int = 0
    retried: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    stopped_by: str = ""
    """Why not all replies were handled: `broker_away`, or the code of an error."""


def expired() -> ReplyQuerySet:
    """The replies whose lease has expired: their worker has died or hangs."""
    rows: ReplyQuerySet = Reply.objects.filter(status=Status.GENERATING, lease_until__lt=Now())
    return rows


def startable() -> ReplyQuerySet:
    """The replies that a worker could claim now."""
    rows: ReplyQuerySet = Reply.objects.due()
    return rows


def failed(*, code: str, since: datetime) -> ReplyQuerySet:
    """The current replies that failed with `code` at `since` or later, oldest first."""
    rows: ReplyQuerySet = Reply.objects.filter(
        status=Status.FAILED, is_current=True, error=code, finished_at__gte=since
    )
    return rows.order_by("pk")


def requeue() -> Requeued:
    """Take replies back from dead workers, and publish all that could start."""
    done = Requeued()
    waiting = startable().update(publish_at=Now())
    # In a queue that takes long to publish, the first replies become due again; they are not published twice.
    while done.published <= waiting + done.taken_back:
        lost, published = reaper.reap()
        done.taken_back += lost
        done.published += published
        if not lost and not published:
            break
    # Redis did not accept what is still due; replies that a worker has claimed since are not due.
    if startable().filter(publish_at__lte=Now()).exists():
        done.stopped_by = "broker_away"
    return done


def retry(rows: ReplyQuerySet) -> Requeued:
    """Retry failed replies at no cost to the user, each in its own transaction and with a record in the audit trail."""
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
