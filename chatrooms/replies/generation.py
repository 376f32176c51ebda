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
from billing.exceptions import TOKENS_USED_UP
from billing.models import Tier
from chatrooms import redis_stream
from chatrooms.models import Reply
from chatrooms.replies import lifecycle, titles_and_summaries
from chatrooms.replies.context import context_for
from chatrooms.replies.model_call import counted, patiently
from chatrooms.replies.timing import Pace
from config.celery import app
from config.http.problems import InternalError
from config.infrastructure.database import DATABASE_UNAVAILABLE
from config.observability import metrics, tracing
from config.text import Marks
from gemini.client import prepare, stream_reply
from gemini.exceptions import Cancelled, ProviderError
from gemini.reply_stream import ReplyStream
from gemini.types import Usage

log = structlog.get_logger(__name__)

DRAIN_AGAIN = 0.2
"""Seconds between two looks for replies to hand back, once the process is to end."""

EXIT_AFTER = 3.0
"""Seconds from the handing back to the end of a process whose threads do not end by themselves."""

LOOK_EVERY = 1.0
"""Seconds between two looks for replies that were stopped. A thread that waits for the model's first piece learns it
from there alone; one that gets pieces learns it with the next of them, from Redis."""

NOTHING_USED = Usage(prompt_tokens=None, output_tokens=None)


class LeaseLost(Exception):
    """The reply is not this attempt's any more: it was stopped, or handed back, or is another worker's."""


class Leases:
    """The replies that this process generates, and the thread that keeps them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[int, int], Reply] = {}
        self._calls: dict[tuple[int, int], ReplyStream] = {}
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
            with metrics.generations.track_inprogress():
                yield
        finally:
            with self._lock:
                self._held.pop(key, None)
                self._calls.pop(key, None)

    def watch(self, reply: Reply, call: ReplyStream) -> None:
        """Cancel `call` if the reply is taken away or handed back, also while it waits for the model.

        Raises:
            LeaseLost: it was already.
        """
        with self._lock:
            self.check(reply)
            self._calls[reply.pk, reply.attempt] = call

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
        renew_at = time.monotonic() + interval
        look_at = time.monotonic() + LOOK_EVERY
        while True:
            due = min(renew_at, look_at, self._drain_at) - time.monotonic()
            if due > 0:
                self._woken.wait(due)
                self._woken.clear()
                continue
            draining = time.monotonic() >= self._drain_at
            renewing = time.monotonic() >= renew_at
            try:
                self._hand_back() if draining else self._renew() if renewing else self._look()
            except Exception:  # the database may be away; the next beat tries again
                log.exception("lease_beat_failed")
            finally:
                connections.close_all()
            look_at = time.monotonic() + LOOK_EVERY
            renew_at = time.monotonic() + interval if renewing else renew_at
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
        kept = lifecycle.renew(held=list(held.values()))
        for key in held:
            if key not in kept:
                self._drop(key)

    def _look(self) -> None:
        with self._lock:
            held = list(self._held.values())
        if held:
            for key in lifecycle.lost(held=held):
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
def _prepare(**_: object) -> None:
    if "gemini" in app.amqp.queues.consume_from:
        prepare()


@worker_shutting_down.connect
def _drain(**_: object) -> None:
    leases.drain()


def generate(*, reply: Reply, tier: Tier) -> None:
    """Answer a claimed reply and write its end; every way out of here leaves it ended, put back or another worker's."""
    with leases.hold(reply), structlog.contextvars.bound_contextvars(request_id=reply.request_id):
        writer = redis_stream.Writer(reply_id=reply.pk, attempt=reply.attempt, is_held=partial(_is_held, reply))
        pace = Pace(reply.waited)
        stream: ReplyStream | None = None
        ended = False
        try:
            # What was accepted before the ceiling was reached is not answered behind it.
            budget.check(user_id=reply.user_id, tier=tier)
            context = context_for(reply=reply, tier=tier)
            connections.close_all()  # the call takes seconds, and needs no database
            stream = stream_reply(context.prompt)
            with counted(stream, user_id=reply.user_id, **_ids(reply)):
                _read(reply, stream, writer)
        except (LeaseLost, Cancelled, redis_stream.Fenced):
            log.info("reply_given_up", reply_id=reply.pk, attempt=reply.attempt)
        except TOKENS_USED_UP as error:
            ended = patiently(
                partial(lifecycle.fail, reply=reply, error=error.code, retryable=False, usage=NOTHING_USED)
            )
        except ProviderError as error:
            failure = _failure_of(reply, error, stream.spent if stream else NOTHING_USED)
            ended = patiently(partial(failure, first_token_ms=pace.first_token_ms(writer.first_at)))
        except Exception:
            log.exception("generation_failed", reply_id=reply.pk)
            used = stream.spent if stream else NOTHING_USED
            failure = partial(lifecycle.fail, reply=reply, error=InternalError.code, retryable=True, usage=used)
            ended = patiently(partial(failure, first_token_ms=pace.first_token_ms(writer.first_at)))
        else:
            ended = _finish(reply, writer.text, stream, first_token_ms=pace.first_token_ms(writer.first_at))
            if ended:
                pace.tell_end(output_tokens=stream.spent.output_tokens)
                titles_and_summaries.tend(reply=reply, is_full=context.is_full)
        if not ended and stream:
            settle = partial(lifecycle.settle, reply=reply, text=writer.told, model=stream.model, usage=stream.spent)
            patiently(partial(settle, first_token_ms=pace.first_token_ms(writer.first_at)))


def _ids(reply: Reply) -> dict[str, str | int]:
    """What a trace says of a reply: by the request's id it is found when its task was published anew."""
    return {tracing.REQUEST_ID: reply.request_id, "reply_id": reply.pk, "attempt": reply.attempt}


def _is_held(reply: Reply) -> bool:
    """Ask the database; while it is away the lease is believed, since every write of an end asks again."""
    try:
        return not lifecycle.lost(held=[reply])
    except DATABASE_UNAVAILABLE:
        return True
    finally:
        connections.close_all()


def _finish(reply: Reply, text: str, stream: ReplyStream, *, first_token_ms: int | None) -> bool:
    whole = partial(
        lifecycle.finish,
        reply=reply,
        text=text,
        model=stream.model,
        finish_reason=stream.finish_reason,
        usage=stream.spent,
        first_token_ms=first_token_ms,
    )
    try:
        return patiently(whole)
    except (DataError, IntegrityError):  # it refuses what the model sent, and would again
        log.exception("answer_refused", reply_id=reply.pk)
        return patiently(
            partial(lifecycle.fail, reply=reply, error=InternalError.code, retryable=False, usage=NOTHING_USED)
        )


def _read(reply: Reply, stream: ReplyStream, writer: redis_stream.Writer) -> None:
    leases.watch(reply, stream)
    writer.start()
    marks = Marks()
    for piece in stream:
        leases.check(reply)
        if kept := marks.without_more(piece):
            writer.add(kept)


def _failure_of(reply: Reply, error: ProviderError, usage: Usage) -> Callable[..., bool]:
    return partial(
        lifecycle.fail,
        reply=reply,
        error=error.code,
        retryable=error.retryable,
        retry_after=error.retry_after,
        usage=usage,
    )
