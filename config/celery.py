"""Celery: its settings, and `publish`, which publishes a task.

Nothing here guarantees delivery: acknowledgement is early, and the database records what is to be done. A task that was
never published, or was lost with Redis or with its worker, is published again by a periodic task that reads the rows.
"""

import gc
import os
import sys
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from celery import Celery, signals
from django.conf import settings
from django.db import connections
from kombu.exceptions import OperationalError
from kombu.transport.redis import Channel, QoS

from config import alive
from config.infrastructure import beat_heartbeat
from config.infrastructure.circuit_breaker import breaker_of
from config.infrastructure.database import TimeoutConnection
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
"""Broker settings of the processes that publish: a frozen Redis costs a publish 1.0 s and a stopped one 0.03 s. With
Celery's defaults it was still blocked after 60 s (both measured with Celery 5.7)."""

CONSUME = {
    "socket_keepalive": True,
    "socket_timeout": 30,
    "health_check_interval": 25,
    "visibility_timeout": 3600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
"""Broker settings of the workers. Redis holds their blocking read for one second, so the timeout must be longer."""

WORKER_STATEMENT_TIMEOUT = 10.0
"""Seconds for one statement of a worker: less than a lease, so that leases are renewed after a statement that hangs."""

# When Redis becomes unavailable, kombu 5.7 tries to requeue unacknowledged messages over a connection that it has just
# closed, and the worker died of the AttributeError. No message needs requeueing, because the rows are in the database.
Channel.do_restore = False


class DisconnectTolerantQoS(QoS):
    """Ignores the acknowledgement of a message whose connection is closed.

    kombu 5.7 would read the server's address from the connection, and the worker died of the AttributeError. This
    happened when Redis was restarted under load, between the delivery of a message and its acknowledgement.
    """

    def ack(self, delivery_tag: str) -> None:
        if self.channel.connection is not None:
            super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if self.channel.connection is not None:
            super().reject(delivery_tag, requeue=requeue)


Channel.QoS = DisconnectTolerantQoS


def _kept_client(self: Channel, asynchronous: bool = False) -> Any:
    """The channel's client, which kombu 5.7 makes anew for each message: a fifteenth of the CPU time of a send."""
    if asynchronous:
        return _make_client(self, asynchronous)
    kept = self.__dict__.get("_kept_client")
    if kept is None or kept.connection_pool is not self.pool:
        kept = self.__dict__["_kept_client"] = _make_client(self)
    return kept


_make_client = Channel._create_client  # type: ignore[attr-defined]  # noqa: SLF001  tests/config/test_celery.py fails when it is gone
Channel._create_client = _kept_client  # type: ignore[attr-defined]  # noqa: SLF001

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
    # Else Celery closes the pool of connections before and after each task of `tasks`, whose threads that send webhooks
    # use it, too: what they had sent was not recorded, and sent again (celery/fixups/django.py of 5.7.0).
    CELERY_DB_REUSE_MAX=sys.maxsize,
)
app.autodiscover_tasks()


@signals.celeryd_init.connect
def _use_consumer_settings(conf: Any, **_: Any) -> None:
    """A worker may wait for Redis and for a database connection longer than a web process."""
    conf.broker_transport_options = CONSUME
    settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 15
    TimeoutConnection.statement_timeout = WORKER_STATEMENT_TIMEOUT


@signals.task_prerun.connect
@signals.task_postrun.connect
def _give_connections_back(task: Any, **_: Any) -> None:
    """Give the task's connection back to the pool, where it is checked before it is used again."""
    if not task.request.is_eager:
        connections.close_all()


@signals.beat_init.connect
def _connect_beat_heartbeat(**_: Any) -> None:
    """Record a heartbeat with each task that beat publishes, which proves that beat and the broker work."""
    signals.after_task_publish.connect(_record_beat_heartbeat)


def _record_beat_heartbeat(**_: Any) -> None:
    beat_heartbeat.mark()
    alive.mark("beat")


@signals.heartbeat_sent.connect
def _record_worker_heartbeat(**_: Any) -> None:
    """Renew the liveness file of `worker` or `tasks` with each of its heartbeats, every two seconds."""
    alive.mark(os.environ.get(NAME, ""))


@signals.worker_ready.connect
def _freeze_startup_objects(**_: Any) -> None:
    """Exclude the objects made by imports (over half a million) from later garbage collections."""
    gc.collect()
    gc.freeze()


def publish(task: str, *args: int | str) -> bool:
    """Publish a task by its name, with ids for arguments. Call it after the transaction has committed.

    Returns:
        Whether Redis accepted it. False is not an error: the row stays due, and a periodic task publishes it later.
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
        log.exception("publish_failed", task=task)  # Django swallows exceptions of on_commit callbacks
        raise
    breaker.succeeded()
    return True


def every(seconds: float, task: str) -> dict[str, Any]:
    """An entry of the beat schedule: run `task` every `seconds`; a run that could not start in time is dropped."""
    return {"task": task, "schedule": timedelta(seconds=seconds), "options": {"expires": max(seconds, 1) * 2}}


@app.on_after_finalize.connect
def _schedule(sender: Celery, **_: Any) -> None:
    sender.conf.beat_schedule = {
        "reap replies": every(settings.REPLY_REAP_EVERY, "chatrooms.tasks.reap"),
        "send waiting codes": every(5, "accounts.tasks.send_waiting_codes"),
        "erase accounts": every(5, "accounts.tasks.erase_due"),
        "send webhooks": every(5, "accounts.tasks.send_due_webhooks"),
        "tell of keys that expire": every(600, "accounts.tasks.tell_of_expiring_keys"),
        "collect the admin's statistics": every(60, "accounts.tasks.collect_figures"),
        "purge what is outdated": every(3600, "accounts.tasks.purge"),
        "sweep files": every(60, "chatrooms.tasks.sweep_files"),
        "sweep Stripe's events": every(2, "billing.tasks.sweep_events"),
        # These two check the database for whether they are due: they run often, and work once an hour and once a day.
        "find missed events": every(300, "billing.tasks.find_missed_events"),
        "reconcile with Stripe": every(600, "billing.tasks.reconcile_stripe"),
    }
