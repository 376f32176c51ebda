"""Checks of the processes: web, stream, workers and beat, and whether their queues are processed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import requests
from django.conf import settings
from django.db.models import Count, DateTimeField, DurationField, ExpressionWrapper, F, Max, Min, QuerySet
from django.db.models.functions import Now
from django_celery_results.models import TaskResult

from accounts.models import OneTimeCode, User
from chatrooms.models import Reply, Status
from config.infrastructure import beat_heartbeat
from config.management.stack.findings import Finding, StackCheck, Workers, ok, warning, wrong

HTTP_TIMEOUTS: Final = (3, 5)
"""Seconds to connect, and to wait for a response."""

MAX_BEAT_SILENCE: Final = 30
"""Seconds; beat publishes something every two seconds or so."""

MAX_QUEUE_WAIT: Final = timedelta(seconds=60)
"""How long a reply that could start may wait; if it waits longer, there are too few workers, or none."""

MAX_CODE_WAIT: Final = timedelta(seconds=20)
"""A code is sent within a second; a lost task is published again after five."""

MAX_LEASE_OVERRUN: Final = timedelta(seconds=30)
"""How long a lease may be over; the reaper runs every few seconds."""

MAX_ERASURE_WAIT: Final = timedelta(hours=1)

PERIODIC: Final = ("chatrooms.tasks.reap", "billing.tasks.sweep_events")
"""Tasks that beat publishes every few seconds."""

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
    """Request a stream without a token: only the process `stream` refuses that with 401."""
    status = _get(f"{settings.STREAM_ORIGIN}/message/0/stream")
    if status == requests.codes.unauthorized:
        yield ok("stream", f"{settings.STREAM_ORIGIN} answers")
        return
    advice = (
        f"Is the process `stream` running, and does {settings.STREAM_ORIGIN} (STREAM_ORIGIN) lead to it for "
        "/message/{id}/stream? Without it replies are still generated, but not streamed."
    )
    yield wrong("stream", f"no stream from {settings.STREAM_ORIGIN} ({status})", advice)


def _get(url: str) -> int | str:
    """The status of the response, or the name of the error if there is none."""
    try:
        with requests.Session() as session:
            session.trust_env = False  # a proxy from the environment could not reach this machine
            return session.get(url, timeout=HTTP_TIMEOUTS, allow_redirects=False).status_code
    except requests.RequestException as error:
        return type(error).__name__


def _worker(workers: Workers) -> Iterator[Finding]:
    yield _consumers(workers, "worker", "gemini", "messages are accepted, but no reply is generated")


def _tasks(workers: Workers) -> Iterator[Finding]:
    yield _consumers(workers, "tasks", "default", "no SMS is sent, and lost tasks are not published again")


def _consumers(workers: Workers, part: str, queue: str, consequence: str) -> Finding:
    names = workers.of(queue)
    if names:
        return ok(part, f"{len(names)} on the queue `{queue}`")
    return wrong(part, f"no worker consumes the queue `{queue}`: {consequence}", f"Start the process `{part}`.")


def _beat(_: Workers) -> Iterator[Finding]:
    age = beat_heartbeat.age()
    if age is not None and age < MAX_BEAT_SILENCE:
        yield ok("beat", f"published a task {age:.0f} s ago")
    else:
        summary = "has never published a task" if age is None else f"has published no task for {age:.0f} s"
        yield wrong(
            "beat", summary, "Start the process `beat` (exactly one). Until then lost tasks are not published again."
        )


def _periodic(_: Workers) -> Iterator[Finding]:
    """Whether the tasks that beat publishes have results: they pass through Redis and a worker."""
    newest = TaskResult.objects.filter(task_name__in=PERIODIC).order_by("-date_done").annotate(age=_since("date_done"))
    last: Any = newest.first()
    advice = "See the lines of `beat` and `tasks`, and the log of `tasks`."
    if last is None:
        yield wrong("periodic tasks", "none has ever run", advice)
    elif last.age > MAX_QUEUE_WAIT:
        yield wrong("periodic tasks", f"the last one ran {_duration(last.age)} ago", advice)
    else:
        yield ok("periodic tasks", f"the last one ran {_duration(last.age)} ago")
    failed = TaskResult.objects.filter(status="FAILURE", date_done__gt=Now() - RECENT)
    for row in failed.values("task_name").annotate(count=Count("pk")).order_by("task_name"):
        said = f"{row['task_name']} failed {row['count']} times in the last hour"
        yield warning("periodic tasks", said, "The log of `tasks` says why.")


def _replies(_: Workers) -> Iterator[Finding]:
    due = Reply.objects.due().filter(is_parked=False)
    count, age = _oldest(due, "next_attempt_at")
    if age > MAX_QUEUE_WAIT:
        said = f"{count} replies are ready and waiting, the oldest for {_duration(age)}"
        advice = "Start the process `worker`, or more workers; `manage.py requeue_replies` publishes them again."
        yield wrong("replies", said, advice)
    stuck = Reply.objects.filter(status=Status.GENERATING, lease_until__lt=Now() - MAX_LEASE_OVERRUN).count()
    if stuck:
        advice = "The reaper does not run: see `beat` and `tasks`. `manage.py requeue_replies` does the same."
        yield wrong("replies", f"{stuck} replies are held by workers that died", advice)
    if age <= MAX_QUEUE_WAIT and not stuck:
        yield ok("replies", f"{count} are ready" if count else "none waiting")


def _codes(_: Workers) -> Iterator[Finding]:
    count, age = _oldest(OneTimeCode.objects.waiting(), "created_at")
    if age > MAX_CODE_WAIT:
        yield wrong("codes", f"{count} one-time codes are waiting to be sent", "See the lines of `tasks` and `SMS`.")
    else:
        yield ok("codes", "none waiting")


def _erasures(_: Workers) -> Iterator[Finding]:
    count, age = _oldest(User.objects.erasing(), "erasing_at")
    if age > MAX_ERASURE_WAIT:
        said = f"{count} accounts are being erased, the oldest for {_duration(age)}"
        yield warning("erasures", said, "The log line erasure_postponed names the step; often Stripe is unavailable.")
    else:
        yield ok("erasures", f"{count} in progress" if count else "none in progress")


def _oldest(rows: "QuerySet[Any]", moment: str) -> tuple[int, timedelta]:
    """The number of rows, and the age of the oldest, by the database's clock."""
    values = rows.aggregate(count=Count("pk"), oldest=Min(moment), now=Max(Now(), output_field=DateTimeField()))
    return values["count"], values["now"] - values["oldest"] if values["count"] else timedelta()


def _since(moment: str) -> "ExpressionWrapper[Any]":
    return ExpressionWrapper(Now() - F(moment), output_field=DurationField())


def _duration(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


CHECKS: Final = (
    StackCheck(part="web", check=_web),
    StackCheck(part="stream", check=_stream),
    StackCheck(part="worker", check=_worker, needs=["redis"]),
    StackCheck(part="tasks", check=_tasks, needs=["redis"]),
    StackCheck(part="beat", check=_beat, needs=["redis"]),
    StackCheck(part="periodic tasks", check=_periodic, needs=["database", "migrations"]),
    StackCheck(part="replies", check=_replies, needs=["database", "migrations"]),
    StackCheck(part="codes", check=_codes, needs=["database", "migrations"]),
    StackCheck(part="erasures", check=_erasures, needs=["database", "migrations"]),
)
