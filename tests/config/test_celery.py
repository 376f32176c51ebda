"""The broker settings of publishers and workers, and publishing without a broker."""

import ssl
from collections.abc import Callable
from typing import Any

import pytest
from celery import signals
from django.conf import settings
from kombu import Connection
from kombu.transport.virtual import Message

import accounts.tasks
import billing.tasks
import chatrooms.tasks
from config.celery import CONSUME, PUBLISH, app, publish
from config.infrastructure import circuit_breaker
from config.infrastructure.broker import broker_url

TASK_MODULES = (accounts.tasks, billing.tasks, chatrooms.tasks)
"""Imported so that their tasks are registered, as in a worker."""


@pytest.fixture
def _own_breakers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit_breaker, "_breakers", {})


def test_a_process_that_publishes_does_not_wait_for_redis() -> None:
    assert app.conf.broker_transport_options == PUBLISH
    assert app.conf.task_publish_retry is False


def test_nothing_is_requeued_over_a_broken_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Celery does when Redis becomes unavailable between the delivery of a message and its acknowledgement."""
    connection = app.connection_for_read(url=settings.REDIS_URL)
    channel = connection.default_channel
    properties = {"delivery_tag": "1", "delivery_info": {"exchange": "", "routing_key": "default"}}
    channel.qos.append(Message({"body": "{}", "properties": properties}, channel=channel), "1")
    connection.transport.client = None  # its state by then (kombu.Connection.collect)
    channel.close()


@pytest.mark.parametrize("end", [Message.ack, Message.reject])
def test_a_message_of_a_closed_connection_raises_no_error(end: Callable[[Message], None]) -> None:
    """What Celery's loop does when Redis became unavailable between the delivery and the acknowledgement."""
    with app.connection_for_read(url=settings.REDIS_URL) as connection:
        channel = connection.default_channel
        properties = {"delivery_tag": "1", "delivery_info": {"exchange": "", "routing_key": "default"}}
        message = Message({"body": "{}", "properties": properties}, channel=channel)
        channel.qos.append(message, "1")
        channel.close()
        end(message)
        assert message.acknowledged


def test_a_channel_keeps_its_client_as_long_as_its_pool() -> None:
    with app.connection_for_write(url=settings.REDIS_URL) as connection:
        channel = connection.default_channel
        with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
            assert first is second
        channel._pool = None  # as after a lost connection
        with channel.conn_or_acquire() as third:
            assert third is not first
            assert third.ping()


def test_a_workers_timeout_is_longer_than_its_blocking_read(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = {"timeout": 2}
    monkeypatch.setitem(settings.DATABASES["default"]["OPTIONS"], "pool", pool)

    class Conf:
        broker_transport_options: dict[str, Any] = PUBLISH

    signals.celeryd_init.send(sender="worker", instance=None, conf=Conf, options={})
    assert Conf.broker_transport_options == CONSUME
    assert CONSUME["socket_timeout"] > 1
    assert pool["timeout"] > 2


def test_nothing_relies_on_redelivery() -> None:
    assert app.conf.task_acks_late is False
    assert app.conf.worker_disable_prefetch is True


@pytest.mark.usefixtures("_own_breakers", "clock")
def test_publishing_without_redis_is_counted_and_tried_once(
    monkeypatch: pytest.MonkeyPatch, rises: Callable[..., None]
) -> None:
    rises("kuvaka_publish_failures_total", by=3, task="some.task")
    asked: list[str] = []

    def refuse(name: str, args: Any) -> None:
        asked.append(name)
        raise ConnectionRefusedError

    monkeypatch.setattr(app, "send_task", refuse)
    assert [publish("some.task", 1) for _ in range(3)] == [False, False, False]
    assert asked == ["some.task"]


@pytest.mark.usefixtures("_own_breakers")
def test_a_programming_error_is_not_a_missing_redis(
    monkeypatch: pytest.MonkeyPatch, rises: Callable[..., None]
) -> None:
    rises("kuvaka_publish_failures_total", task="some.task")

    def fail(*_: Any, **__: Any) -> None:
        raise TypeError

    monkeypatch.setattr(app, "send_task", fail)
    with pytest.raises(TypeError):
        publish("some.task", 1)


def test_every_scheduled_and_routed_task_exists() -> None:
    app.finalize()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled >= {"chatrooms.tasks.reap", "accounts.tasks.send_waiting_codes", "accounts.tasks.purge"}
    assert scheduled | set(app.conf.task_routes) <= set(app.tasks)


def test_only_calls_to_the_model_go_to_the_workers_with_threads() -> None:
    calls = {f"chatrooms.tasks.{name}" for name in ("answer", "name_room", "summarise_room")}
    ours = [name for name in app.tasks if not name.startswith("celery.")]
    routed = {name: app.amqp.router.route({}, name)["queue"].name for name in ours}
    assert {name for name, queue in routed.items() if queue == "gemini"} == calls
    assert {queue for name, queue in routed.items() if name not in calls} == {"default"}


def test_a_failed_task_leaves_its_exceptions_type_and_no_text() -> None:
    from config.infrastructure.result_backend import ResultBackend

    kept: dict[str, Any] = {}

    class Recording(ResultBackend):
        TaskModel = type(
            "TaskModel", (), {"_default_manager": type("M", (), {"store_result": lambda _, **row: kept.update(row)})()}
        )

    Recording(app=app).mark_as_failure("id-1", ValueError("the text +919876543210"), traceback="the text", request=None)
    assert kept["status"] == "FAILURE"
    assert "ValueError" in str(kept["result"])
    assert "the text" not in str(kept)


@pytest.mark.parametrize(
    ("url", "asks"),
    [
        ("rediss://redis:6380/0", ssl.CERT_REQUIRED),
        ("rediss://redis:6380/0?ssl_ca_certs=/ca.pem", ssl.CERT_REQUIRED),
        ("rediss://redis:6380/0?ssl_cert_reqs=none", ssl.CERT_NONE),
    ],
)
def test_celery_checks_the_certificate_of_redis_by_default(url: str, asks: ssl.VerifyMode) -> None:
    """Without this it would accept any certificate unless the URL says otherwise."""
    assert Connection(broker_url(url)).ssl["ssl_cert_reqs"] == asks


def test_without_tls_no_certificate_is_required() -> None:
    assert broker_url("redis://redis:6379/0") == "redis://redis:6379/0"
    assert app.conf.broker_url == broker_url(settings.REDIS_URL)
