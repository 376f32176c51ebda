"""What does the work: web, stream, workers and beat, and whether what waits for them moves on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import requests
from django.conf import settings
from django.db.models import Count, DateTimeField, DurationField, ExpressionWrapper, F, Max, Min, QuerySet
from django.db.models.functions import Now
from django_celery_results.models import TaskResult

from accounts import delivery
from accounts.models import OneTimeCode, User
from chatrooms.models import Reply, Status
from config.infrastructure import beat_heartbeat
from config.management.stack.findings import Finding, Look, Workers, ok, warning, wrong

PATIENCE: Final = (3, 5)
"""Seconds for a connection, and for an answer."""

BEAT_PATIENCE: Final = 30
"""Seconds; beat publishes something every two seconds or so."""

QUEUE_PATIENCE: Final = timedelta(seconds=60)
"""How long a reply that could start may wait: longer, and there are too few workers, or none."""

CODE_PATIENCE: Final = timedelta(seconds=20)
"""A code is sent within a second; its task, if it was lost, is published again after five."""

LEASE_PATIENCE: Final = timedelta(seconds=30)
"""After a lease has run out; the reaper looks every few seconds."""

ERASURE_PATIENCE: Final = timedelta(hours=1)

PERIODIC: Final = ("chatrooms.tasks.reap", "billing.tasks.sweep_events")
"""What beat has run every few seconds."""

RECENT: Final = timedelta(hours=1)


def _web(_: Workers) -> Iterator[Finding]:
    status = _get(f"{settings.WEB_ORIGIN}/readyz")
    advice = f"Is the process `web` running, and does {settings.WEB_ORIGIN} (WEB_ORIGIN) lead to it?"
    if status == requests.codes.ok:
        yield ok("web", f"{settings.WEB_ORIGIN} answers")
    elif status == requests.codes.service_unavailable:
        yield wrong("web", "answers that it is not ready", "It has no database: see that line.")
    else:
        yield wrong("web", f"no good answer from {settings.WEB_ORIGIN} ({status})", advice)


def _stream(_: Workers) -> Iterator[Finding]:
    """Ask for a stream without saying who asks: only the process `stream` refuses that with 401."""
    status = _get(f"{settings.STREAM_ORIGIN}/message/0/stream")
    if status == requests.codes.unauthorized:
        yield ok("stream", f"{settings.STREAM_ORIGIN} answers")
        return
    advice = (
        f"Is the process `stream` running, and does {settings.STREAM_ORIGIN} (STREAM_ORIGIN) lead to it for "
        "/message/{id}/stream? Without it answers still come, but nobody sees them being written."
    )
    yield wrong("stream", f"no stream to be had at {settings.STREAM_ORIGIN} ({status})", advice)


def _get(url: str) -> int | str:
    """The status of an answer, or in a word why there is none."""
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy that the environment names could not reach this machine
            return session.get(url, timeout=PATIENCE, allow_redirects=False).status_code
    except requests.RequestException as error:
        return type(error).__name__


def _worker(workers: Workers) -> Iterator[Finding]:
    yield _consumers(workers, "worker", "gemini", "messages are taken, and nobody answers them")


def _tasks(workers: Workers) -> Iterator[Finding]:
    yield _consumers(workers, "tasks", "default", "no SMS goes out, and nothing that was lost is found again")


def _consumers(workers: Workers, part: str, queue: str, without: str) -> Finding:
    names = workers.of(queue)
    if names:
        return ok(part, f"{len(names)} on the queue `{queue}`")
    return wrong(part, f"nobody consumes the queue `{queue}`: {without}", f"Start the process `{part}`.")


def _beat(_: Workers) -> Iterator[Finding]:
    age = beat_heartbeat.age()
    if age is not None and age < BEAT_PATIENCE:
        yield ok("beat", f"published a task {age:.0f} s ago")
    else:
        said = "has never published a task" if age is None else f"has published no task for {age:.0f} s"
        yield wrong("beat", said, "Start the process `beat` (one of it). Until then nothing lost is found again.")


def _periodic(_: Workers) -> Iterator[Finding]:
    """Whether what beat publishes is done, as the results tell: the whole way through Redis and a worker."""
    newest = TaskResult.objects.filter(task_name__in=PERIODIC).order_by("-date_done").annotate(age=_since("date_done"))
    last: Any = newest.first()
    advice = "Look at the lines of `beat` and `tasks`, and at the log of the latter."
    if last is None:
        yield wrong("periodic tasks", "none has ever been done", advice)
    elif last.age > QUEUE_PATIENCE:
        yield wrong("periodic tasks", f"the last one was done {_spoken(last.age)} ago", advice)
    else:
        yield ok("periodic tasks", f"the last one was done {_spoken(last.age)} ago")
    failed = TaskResult.objects.filter(status="FAILURE", date_done__gt=Now() - RECENT)
    for row in failed.values("task_name").annotate(count=Count("pk")).order_by("task_name"):
        said = f"{row['task_name']} failed {row['count']} times in the last hour"
        yield warning("periodic tasks", said, "The log of `tasks` says why.")


def _replies(_: Workers) -> Iterator[Finding]:
    due = Reply.objects.due().filter(is_parked=False)
    count, age = _waiting(due, "next_attempt_at")
    if age > QUEUE_PATIENCE:
        said = f"{count} replies could start and wait, the oldest for {_spoken(age)}"
        advice = "Start the process `worker`, or more of it; `manage.py requeue_replies` publishes them again."
        yield wrong("replies", said, advice)
    stuck = Reply.objects.filter(status=Status.GENERATING, lease_until__lt=Now() - LEASE_PATIENCE).count()
    if stuck:
        advice = "The reaper does not run: see `beat` and `tasks`. `manage.py requeue_replies` does its work."
        yield wrong("replies", f"{stuck} replies are held by workers that died", advice)
    if age <= QUEUE_PATIENCE and not stuck:
        yield ok("replies", f"{count} could start now" if count else "none waits")


def _codes(_: Workers) -> Iterator[Finding]:
    unsent = OneTimeCode.objects.filter(digest="", deliveries__lt=delivery.DELIVERIES)
    count, age = _waiting(unsent.filter(created_at__gt=Now() - delivery.STALE), "created_at")
    if age > CODE_PATIENCE:
        yield wrong("codes", f"{count} one-time codes wait to be sent", "See the lines of `tasks` and `SMS`.")
    else:
        yield ok("codes", "none waits")


def _erasures(_: Workers) -> Iterator[Finding]:
    count, age = _waiting(User.objects.filter(erasing_at__isnull=False), "erasing_at")
    if age > ERASURE_PATIENCE:
        said = f"{count} accounts are being erased, the oldest for {_spoken(age)}"
        yield warning("erasures", said, "The log says erasure_postponed, and which step; often Stripe is away.")
    else:
        yield ok("erasures", f"{count} under way" if count else "none under way")


def _waiting(rows: "QuerySet[Any]", moment: str) -> tuple[int, timedelta]:
    """How many there are, and how long the oldest has waited, by the database's clock."""
    told = rows.aggregate(count=Count("pk"), oldest=Min(moment), now=Max(Now(), output_field=DateTimeField()))
    return told["count"], told["now"] - told["oldest"] if told["count"] else timedelta()


def _since(moment: str) -> "ExpressionWrapper[Any]":
    return ExpressionWrapper(Now() - F(moment), output_field=DurationField())


def _spoken(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


LOOKS: Final = (
    Look(part="web", check=_web),
    Look(part="stream", check=_stream),
    Look(part="worker", check=_worker, needs=["redis"]),
    Look(part="tasks", check=_tasks, needs=["redis"]),
    Look(part="beat", check=_beat, needs=["redis"]),
    Look(part="periodic tasks", check=_periodic, needs=["database", "migrations"]),
    Look(part="replies", check=_replies, needs=["database", "migrations"]),
    Look(part="codes", check=_codes, needs=["database", "migrations"]),
    Look(part="erasures", check=_erasures, needs=["database", "migrations"]),
)
