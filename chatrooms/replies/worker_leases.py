"""The leases of the replies that this worker process generates.

One daemon thread renews them all, since a thread that waits for the model cannot renew its own. After SIGTERM the
process has `REPLY_DRAIN` seconds to finish what it generates. Then the same thread hands the rest back, whether or not
the threads that wait for the model ever wake up.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from celery.signals import celeryd_after_setup, worker_shutting_down
from django.conf import settings
from django.db import connections

from chatrooms.models import Reply
from chatrooms.replies import lifecycle
from config.celery import app
from config.observability import metrics
from gemini.client import prepare
from gemini.reply_stream import ReplyStream

log = structlog.get_logger(__name__)

DRAIN_INTERVAL: Final = 0.2
"""Seconds between two checks for replies to hand back, once the drain is over."""

EXIT_AFTER: Final = 3.0
"""Seconds from the end of the drain to the exit of a process whose threads do not end by themselves."""

CHECK_INTERVAL: Final = 1.0
"""Seconds between two checks for replies that were stopped. A thread that waits for the model's first chunk learns of
it only by this check; one that receives chunks learns of it from Redis, with the next chunk."""


SWITCH_INTERVAL: Final = 0.05
"""Seconds after which a thread asks for the interpreter that another one uses. Python's own 5 ms wake each of 64
threads 200 times a second: an eighth of the worker's CPU time (docs/performance.md)."""


class ReplyNotHeld(Exception):
    """This attempt no longer holds the reply: it was stopped or handed back, or another worker has it."""


class Leases:
    """The replies that this process generates, and the thread that renews their leases."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[int, int], Reply] = {}
        self._calls: dict[tuple[int, int], ReplyStream] = {}
        self._thread: threading.Thread | None = None
        self._drain_at = self._exit_at = float("inf")
        self._wake_up = threading.Event()

    @contextmanager
    def hold(self, reply: Reply) -> Iterator[None]:
        """Renew the lease of `reply` while the block runs."""
        key = (reply.pk, reply.attempt)
        with self._lock:
            self._held[key] = reply
            self._start_thread()
        try:
            with metrics.generations.track_inprogress():
                yield
        finally:
            with self._lock:
                self._held.pop(key, None)
                self._calls.pop(key, None)

    def watch(self, reply: Reply, call: ReplyStream) -> None:
        """Cancel `call`, even while it waits for the model, as soon as the reply is lost or handed back.

        Raises:
            ReplyNotHeld: it was already.
        """
        with self._lock:
            self.check(reply)
            self._calls[reply.pk, reply.attempt] = call

    def check(self, reply: Reply) -> None:
        """Raise `ReplyNotHeld` if the reply was lost or handed back."""
        if (reply.pk, reply.attempt) not in self._held:
            raise ReplyNotHeld

    def drain(self) -> None:
        """In `REPLY_DRAIN` seconds, hand back what is not finished by then, and end the process."""
        self._drain_at = time.monotonic() + settings.REPLY_DRAIN
        self._exit_at = self._drain_at + EXIT_AFTER
        self._start_thread()
        self._wake_up.set()

    def _start_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        interval = settings.REPLY_LEASE.total_seconds() / 3
        renew_at = time.monotonic() + interval
        check_at = time.monotonic() + CHECK_INTERVAL
        while True:
            delay = min(renew_at, check_at, self._drain_at) - time.monotonic()
            if delay > 0:
                self._wake_up.wait(delay)
                self._wake_up.clear()
                continue
            is_draining = time.monotonic() >= self._drain_at
            is_renewing = time.monotonic() >= renew_at
            try:
                self._hand_back() if is_draining else self._renew() if is_renewing else self._drop_lost()
            except Exception:  # the database may be unavailable; the next round tries again
                log.exception("lease_renewal_failed")
            finally:
                connections.close_all()
            check_at = time.monotonic() + CHECK_INTERVAL
            renew_at = time.monotonic() + interval if is_renewing else renew_at
            if is_draining:  # replies that are claimed during the shutdown are handed back too
                self._drain_at = time.monotonic() + DRAIN_INTERVAL
            if time.monotonic() > self._exit_at and not self._held:
                # Celery waits for its threads, and they wait for a silent model or an unavailable Redis. Nothing that
                # they could still write counts: other workers have their replies.
                os._exit(0)

    def _renew(self) -> None:
        with self._lock:
            held = dict(self._held)
        if not held:
            return
        renewed = lifecycle.renew(held=list(held.values()))
        for key in held:
            if key not in renewed:
                self._drop(key)

    def _drop_lost(self) -> None:
        with self._lock:
            held = list(self._held.values())
        if held:
            for key in lifecycle.no_longer_held(held=held):
                self._drop(key)

    def _hand_back(self) -> None:
        with self._lock:
            held = dict(self._held)
        for key, reply in held.items():
            if lifecycle.hand_back(reply=reply):
                log.info("reply_handed_back", reply_id=reply.pk)
            self._drop(key)

    def _drop(self, key: tuple[int, int]) -> None:
        with self._lock:
            self._held.pop(key, None)
            call = self._calls.pop(key, None)
        if call:
            call.cancel()


leases = Leases()


@celeryd_after_setup.connect
def _prepare_worker(**_: object) -> None:
    """Get ready for dozens of threads that each do a little for every chunk."""
    if "gemini" in app.amqp.queues.consume_from:
        prepare()
        sys.setswitchinterval(SWITCH_INTERVAL)


@worker_shutting_down.connect
def _drain_leases(**_: object) -> None:
    leases.drain()
