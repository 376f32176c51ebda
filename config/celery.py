"""Celery: its settings, and the one way to publish a task.

Nothing here guarantees delivery: acknowledgement is early and the database remembers what is to be done. A task that
was never published, or was lost with Redis or with its worker, is published again by a periodic task that reads the
rows.
"""

import gc
import os
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from celery import Celery, signals
from django.conf import settings
from kombu.exceptions import OperationalError
from kombu.transport.redis import Channel, QoS

from config import alive
from config.infrastructure import beat_heartbeat
from config.infrastructure.circuit_breaker import breaker_of
from config.infrastructure.database import PatientConnection
from config.observability import metrics, tracing
from config.processes import NAME

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

log = structlog.get_logger(__name__)

PUBLISH = {
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "retry_on_timeout": False,
}
"""Broker settings of those who publish: with them a frozen Redis costs a publish 1.0 s and a stopped one 0.03 s; with
Celery's own it was still blocked after 60 s (both measured with Celery 5.7)."""

CONSUME = {
    "socket_keepalive": True,
    "socket_timeout": 30,
    "health_check_interval": 25,
    "visibility_timeout": 3600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
"""Broker settings of the workers, whose blocking read must outlast the one second for which Redis holds it."""

WORKER_PATIENCE = 10.0
"""Seconds that a worker waits for a statement: less than a lease, so that its heartbeat outlives one that hangs."""

# A message that was delivered and not acknowledged when Redis went away, kombu 5.7 would give back over a connection
# that it has just taken apart: the worker died of the AttributeError. Nothing need be given back, since rows remember.
Channel.do_restore = False


class ForgivingQoS(QoS):
    """Takes the end of a message whose connection is gone for its end.

    kombu 5.7 would ask the connection for the server's address, and the worker died of the AttributeError: now and
    then when Redis was restarted under load, between the delivery of a message and its acknowledgement.
    """

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge, unless there is nobody to tell."""
        if self.channel.connection is not None:
            super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Reject, unless there is nobody to tell."""
        if self.channel.connection is not None:
            super().reject(delivery_tag, requeue=requeue)


Channel.QoS = ForgivingQoS

app = Celery("kuvaka")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_acks_late=False,
    task_publish_retry=False,
    task_default_queue="default",
    task_routes={f"chatrooms.tasks.{name}": {"queue": "gemini"} for name in ("answer", "name_room", "summarise_room")},
    task_send_sent_event=False,
    task_store_errors_even_if_ignored=False,
    worker_disable_prefetch=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_send_task_events=False,
    broker_connection_timeout=1,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options=PUBLISH,
    result_extended=False,
    enable_utc=True,
    timezone="UTC",
)
app.autodiscover_tasks()


@signals.celeryd_init.connect
def _become_consumer(conf: Any, **_: Any) -> None:
    """A worker waits for Redis and for a database connection where a web process must not."""
    conf.broker_transport_options = CONSUME
    settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 15
    PatientConnection.patience = WORKER_PATIENCE


@signals.beat_init.connect
def _show_that_beat_beats(**_: Any) -> None:
    """Let each task that beat publishes, which proves both it and the broker, renew its mark."""
    signals.after_task_publish.connect(_mark_beat)


def _mark_beat(**_: Any) -> None:
    beat_heartbeat.mark()
    alive.mark("beat")


@signals.heartbeat_sent.connect
def _show_that_a_worker_works(**_: Any) -> None:
    """Renew the mark of `worker` or `tasks` each time it has told the broker that it lives, every two seconds."""
    alive.mark(os.environ.get(NAME, ""))


@signals.worker_ready.connect
def _spare_the_collector(**_: Any) -> None:
    """Leave what the imports made (over half a million objects) out of every later garbage collection."""
    gc.collect()
    gc.freeze()


def publish(task: str, *args: int | str) -> bool:
    """Publish a task by its name, with ids for arguments; call it when the transaction has committed.

    Returns:
        Whether Redis took it. False is not an error: the row says what is to be done, and a sweep publishes it later.
    """
    failures = metrics.publish_failures.labels(task)
    broker = urlsplit(settings.REDIS_URL)
    breaker = breaker_of(f"{broker.hostname}:{broker.port or 6379}")
    if not breaker.allows():
        failures.inc()
        return False
    try:
        with tracing.sending(task, queue=app.conf.task_routes.get(task, {}).get("queue", app.conf.task_default_queue)):
            app.send_task(task, args=args)
    except (OperationalError, OSError) as error:
        breaker.failed()
        failures.inc()
        log.warning("publish_failed", task=task, cause=type(error).__name__)
        return False
    except Exception:
        failures.inc()
        log.exception("publish_failed", task=task)  # Django swallows what is raised after a commit
        raise
    breaker.succeeded()
    return True


def every(seconds: float, task: str) -> dict[str, Any]:
    """A line of the beat schedule: run `task` every `seconds`; a run that could not start in time is dropped."""
    return {"task": task, "schedule": timedelta(seconds=seconds), "options": {"expires": max(seconds, 1) * 2}}


@app.on_after_finalize.connect
def _schedule(sender: Celery, **_: Any) -> None:
    sender.conf.beat_schedule = {
        "reap replies": every(settings.REPLY_REAP_EVERY, "chatrooms.tasks.reap"),
        "send waiting codes": every(5, "accounts.tasks.send_waiting_codes"),
        "erase accounts": every(5, "accounts.tasks.erase_due"),
        "collect the desk's figures": every(60, "accounts.tasks.collect_figures"),
        "purge what is outdated": every(3600, "accounts.tasks.purge"),
        "sweep Stripe's events": every(2, "billing.tasks.sweep_events"),
        # These two go by the database: they are asked for often, and do their work once an hour and once a day.
        "find missed events": every(300, "billing.tasks.find_missed_events"),
        "reconcile with Stripe": every(600, "billing.tasks.reconcile_stripe"),
    }
