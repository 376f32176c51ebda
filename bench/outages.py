"""How quickly the stack refuses, stops and closes calls while a part of it is unavailable: `make bench`.

The tests only require that nothing hangs; this prints the seconds beside what the reliability promises allow.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from tests import servers, sse
from tests.conftest import _urls
from tests.doubles.proxy import Proxy
from tests.flows.paying import deliver
from tests.stack import Stack, running
from tests.waiting import in_parallel, wait_until

TEXT = " ".join(f"word{number}" for number in range(300))
ROUNDS = 10


def main() -> None:
    print(f"{'what':<66}{'promised':>9}{'median':>9}{'longest':>9}  (s)")
    with proxied() as (stack, proxy):
        stops(stack)
        waiting(stack)
        without_redis(stack)
        without_stripe(stack)
        without_postgresql(stack, proxy)


@contextmanager
def proxied() -> Iterator[tuple[Stack, Proxy]]:
    """A stack whose processes reach PostgreSQL through a proxy."""
    direct = servers.clone_database(_urls, servers.ensure_template(_urls), "bench")
    address = urlsplit(direct)
    with (
        tempfile.TemporaryDirectory() as folder,
        Proxy(host=str(address.hostname), port=int(address.port or 0)) as proxy,
    ):
        through = direct.replace(f":{address.port}/", f":{proxy.port}/")
        with running(database_url=through, folder=Path(folder)) as stack:
            stack.database_url = direct
            yield stack, proxy


def timed(call: Callable[[], Any]) -> float:
    begun = time.monotonic()
    call()
    return time.monotonic() - begun


def show(what: str, promised: float, seconds: list[float]) -> None:
    print(f"{what:<66}{promised:>9}{statistics.median(seconds):>9.2f}{max(seconds):>9.2f}", flush=True)


def stops(stack: Stack) -> None:
    alice = stack.sign_up()
    room = alice.room()
    responses, ends, calls, silent = [], [], [], []
    for _ in range(ROUNDS):
        stack.double.reset()
        stack.double.default(text=TEXT, chunks=300, delay=0.2)
        sent = alice.send(room, "Hello")
        events = sse.Response(sent["stream_url"]).events()
        while next(events).event != "delta":
            pass
        begun, wall = time.monotonic(), time.time()
        alice.call("POST", f"/message/{sent['id']}/stop")
        responses.append(time.monotonic() - begun)
        *_, last = events
        ends.append(last.at - begun)
        wait_until(lambda: stack.double.calls()[0]["disconnected"], "the end of the call")
        calls.append(stack.double.calls()[0]["disconnected"] - wall)
        settle(stack)
        stack.double.reset()
        stack.double.default(ttft=60)
        sent = alice.send(room, "Hello")
        wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "a call")
        wall = time.time()
        alice.call("POST", f"/message/{sent['id']}/stop")
        wait_until(lambda: stack.double.calls()[0]["disconnected"], "the end of the call")
        silent.append(stack.double.calls()[0]["disconnected"] - wall)
        settle(stack)
    show("a stop is answered", 1, responses)
    show("the stream ends", 1, ends)
    show("the call to Gemini is closed, after its first chunk", 1, calls)
    show("the call to Gemini is closed, before its first chunk", 1.5, silent)


def settle(stack: Stack) -> None:
    unsettled = "SELECT 1 FROM chatrooms_message WHERE status = 'stopped' AND lease_until IS NOT NULL"
    wait_until(lambda: not stack.unfinished() and not stack.sql(unsettled), "every stop settled")


def waiting(stack: Stack) -> None:
    alice = stack.sign_up()
    room = alice.room()
    stack.double.default(text="late", ttft=4)

    def ask() -> float:
        time.sleep(1)
        return timed(lambda: requests.get(stack.url + "/tiers", timeout=60))

    seconds = []
    for _ in range(3):
        path = f"/message/{alice.send(room, 'Hello')['id']}?wait=10"
        seconds.append(in_parallel([*([lambda path=path: alice.call("GET", path)] * 60), ask])[-1])
    show("another request is answered while 60 wait for a reply", 2, seconds)


def without_redis(stack: Stack) -> None:
    for how, break_redis, repair_redis in (
        ("stopped", stack.redis.stop, stack.redis.start),
        ("frozen", stack.redis.freeze, stack.redis.thaw),
    ):
        alice = stack.sign_up()
        room = alice.room()
        stack.double.default(text=TEXT, chunks=60, delay=0.3)
        events = sse.Response(alice.send(room, "Hello")["stream_url"]).events()
        while next(events).event != "delta":
            pass
        break_redis()
        begun = time.monotonic()
        *_, last = events
        show(f"a stream ends, Redis {how}", 8, [last.at - begun])
        show(f"a send, Redis {how}", 2, [timed(partial(alice.send, room, "Hello")) for _ in range(15)])
        repair_redis()
        wait_until(lambda: stack.unfinished() == 0, "all replies finished", 120)


def without_stripe(stack: Stack) -> None:
    events = [
        {
            "id": f"evt_{n}",
            "object": "event",
            "type": "price.updated",
            "data": {"object": {"id": "price_x", "object": "price"}},
        }
        for n in range(100)
    ]
    stack.stripe.switch(down=True)
    stack.redis.stop()
    show(
        "an event is accepted without Stripe and Redis",
        0.5,
        [timed(lambda e=e: deliver(stack, e)) for e in events],
    )
    stack.redis.start()
    stack.stripe.switch(down=False)


def without_postgresql(stack: Stack, proxy: Proxy) -> None:
    alice = stack.sign_up()
    room = alice.room()
    event = {
        "id": "evt_x",
        "object": "event",
        "type": "price.updated",
        "data": {"object": {"id": "p", "object": "price"}},
    }
    asked: dict[str, Callable[[], Any]] = {
        "the room list": lambda: alice.call("GET", "/chatroom"),
        "a send": lambda: alice.call("POST", f"/chatroom/{room}/message", json={"content": "hello"}),
        "a code": lambda: alice.call("POST", "/auth/send-otp", json={"mobile_number": alice.number}),
        "an event of Stripe's": lambda: deliver(stack, event),
        "/readyz": lambda: requests.get(stack.url + "/readyz", timeout=60),
    }
    for mode in ("refuse", "freeze"):
        proxy.set(mode)
        try:
            for what, ask in asked.items():
                show(f"{what} is refused, PostgreSQL {mode}", 3, [timed(ask) for _ in range(3)])
        finally:
            proxy.set("pass")
        wait_until(lambda: requests.get(stack.url + "/readyz", timeout=60).status_code == 200, "ready again")


if __name__ == "__main__":
    main()
