"""What one worker does with a claimed reply: hold its lease, read the model's answer, end it.

One daemon thread renews the leases of everything the process generates, since a thread that waits for the model cannot
renew its own. On SIGTERM generations may go on for `REPLY_DRAIN` seconds; then the same thread hands the rest back,
whether or not the threads that wait for the model ever wake up.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import structlog
from celery.signals import celeryd_after_setup, worker_shutting_down
from django.conf import settings
from django.db import DataError, IntegrityError, connections

from billing import budget
from billing.models import Tier
from chatrooms import replies
from chatrooms.context import prompt_for
from chatrooms.models import Reply
from config.celery import app
from config.errors import DATABASE_AWAY
from gemini.client import ReplyStream, prepare, stream_reply
from gemini.exceptions import ProviderError
from gemini.types import Usage

log = structlog.get_logger(__name__)

DRAIN_AGAIN = 0.2
"""Seconds between two looks for replies to hand back, once the process is to end."""

EXIT_AFTER = 3.0
"""Seconds from the handing back to the end of a process whose threads do not end by themselves."""

WRITE_FOR = 60.0
"""Seconds for which the end of a reply is tried to be written while the database is away: the answer is paid for."""

NOTHING_USED = Usage(prompt_tokens=None, output_tokens=None)


class LeaseLost(Exception):
    """The reply is not this attempt's any more; what it produced is dropped."""


class Leases:
    """The replies that this process generates, and the thread that keeps them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[int, int], Reply] = {}
        self._thread: threading.Thread | None = None
        self._drain_at = self._exit_at = float("inf")
        self._woken = threading.Event()

    @contextmanager
    def hold(self, reply: Reply) -> Iterator[None]:
        """Keep the lease of `reply` while the block runs."""
        key = (reply.pk, reply.attempt)
        with self._lock:
            self._held[key] = reply
            self._start_beating()
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(key, None)

    def check(self, reply: Reply) -> None:
        """Raise `LeaseLost` if the reply was taken away or handed back."""
        if (reply.pk, reply.attempt) not in self._held:
            raise LeaseLost

    def drain(self) -> None:
        """Hand back, `REPLY_DRAIN` seconds from now, what is not finished by then, and end the process."""
        self._drain_at = time.monotonic() + settings.REPLY_DRAIN
        self._exit_at = self._drain_at + EXIT_AFTER
        self._start_beating()
        self._woken.set()

    def _start_beating(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._beat_for_ever, name="leases", daemon=True)
            self._thread.start()

    def _beat_for_ever(self) -> None:
        interval = settings.REPLY_LEASE.total_seconds() / 3
        beat_at = time.monotonic() + interval
        while True:
            due = min(beat_at, self._drain_at) - time.monotonic()
            if due > 0:
                self._woken.wait(due)
                self._woken.clear()
                continue
            draining = time.monotonic() >= self._drain_at
            try:
                self._hand_back() if draining else self._renew()
            except Exception:  # the database may be away; the next beat tries again
                log.exception("lease_beat_failed")
            finally:
                connections.close_all()
            beat_at = time.monotonic() + interval
            if draining:  # what is claimed while the process ends goes back too
                self._drain_at = time.monotonic() + DRAIN_AGAIN
            if time.monotonic() > self._exit_at and not self._held:
                # Celery waits for its threads, and they for a model that is silent or a Redis that is away. Nothing
                # that they could still do counts: their replies are other workers'.
                os._exit(0)

    def _renew(self) -> None:
        with self._lock:
            held = dict(self._held)
        if not held:
            return
        kept = replies.renew(held=list(held.values()))
        for key in held:
            if key not in kept:
                self._drop(key)

    def _hand_back(self) -> None:
        with self._lock:
            held = dict(self._held)
        for key, reply in held.items():
            if replies.hand_back(reply=reply):
                log.info("reply_handed_back", reply_id=reply.pk)
            self._drop(key)

    def _drop(self, key: tuple[int, int]) -> None:
        with self._lock:
            self._held.pop(key, None)


leases = Leases()


@celeryd_after_setup.connect
def _prepare(**_: object) -> None:
    if "gemini" in app.amqp.queues.consume_from:
        prepare()


@worker_shutting_down.connect
def _drain(**_: object) -> None:
    leases.drain()


def generate(*, reply: Reply, tier: Tier) -> None:
    """Answer a claimed reply and write its end; every way out of here leaves it ended, put back or another worker's."""
    with leases.hold(reply), structlog.contextvars.bound_contextvars(request_id=reply.request_id):
        stream: ReplyStream | None = None
        try:
            prompt = prompt_for(reply=reply, tier=tier)
            connections.close_all()  # the call takes seconds, and needs no database
            stream = stream_reply(prompt)
            with _counted(reply, stream):
                text = _read(reply, stream)
        except LeaseLost:
            log.warning("reply_left_to_another", reply_id=reply.pk, attempt=reply.attempt)
        except ProviderError as error:
            _write(_failure_of(reply, error, stream.usage if stream else NOTHING_USED))
        except Exception:
            log.exception("generation_failed", reply_id=reply.pk)
            _write(partial(replies.fail, reply=reply, error="internal_error", retryable=True, usage=NOTHING_USED))
        else:
            _finish(reply, text, stream)


@contextmanager
def _counted(reply: Reply, stream: ReplyStream) -> Iterator[None]:
    """Close the call and count its tokens, however it ends: they are paid for."""
    try:
        with stream:
            yield
    finally:
        spent = stream.spent
        _write(
            partial(
                budget.add,
                user_id=reply.user_id,
                prompt_tokens=spent.prompt_tokens or 0,
                output_tokens=spent.output_tokens or 0,
            )
        )


def _finish(reply: Reply, text: str, stream: ReplyStream) -> None:
    whole = partial(
        replies.finish,
        reply=reply,
        text=text,
        model=stream.model,
        finish_reason=stream.finish_reason,
        usage=stream.usage,
    )
    try:
        _write(whole)
    except (DataError, IntegrityError):  # it refuses what the model sent, and would again
        log.exception("answer_refused", reply_id=reply.pk)
        _write(partial(replies.fail, reply=reply, error="internal_error", retryable=False, usage=NOTHING_USED))


def _read(reply: Reply, stream: ReplyStream) -> str:
    pieces: list[str] = []
    for piece in stream:
        leases.check(reply)
        pieces.append(piece)
    return "".join(pieces)


def _failure_of(reply: Reply, error: ProviderError, usage: Usage) -> Callable[[], bool]:
    return partial(
        replies.fail,
        reply=reply,
        error=error.code,
        retryable=error.retryable,
        retry_after=error.retry_after,
        usage=usage,
    )


def _write(end: Callable[[], object]) -> None:
    """Write what a call has led to, patiently; the lease is renewed meanwhile, or the fence refuses a late write."""
    give_up_at = time.monotonic() + WRITE_FOR
    while True:
        try:
            end()
        except DATABASE_AWAY:
            connections.close_all()
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.5)
        else:
            return
