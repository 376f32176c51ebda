"""PostgreSQL stopped or frozen: an honest 503 at once, and everything back without a restart."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests import servers
from tests.doubles.proxy import Proxy
from tests.faults.test_payments_away import deliver
from tests.stack import Person, Stack, assert_one_of_three_takes_at_most, running, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Proxy]]:
    """A stack whose processes reach PostgreSQL through a proxy; the test itself reaches it directly."""
    from tests.conftest import _urls

    folder = tmp_path_factory.mktemp("proxied")
    direct = servers.clone_database(_urls, servers.ensure_template(_urls), folder.name)
    address = urlsplit(direct)
    assert address.hostname
    assert address.port
    with Proxy(host=address.hostname, port=address.port) as proxy:
        through = direct.replace(f":{address.port}/", f":{proxy.port}/")
        with running(database_url=through, folder=folder) as stack:
            stack.database_url = direct
            yield stack, proxy


def refused(person: Person, method: str, path: str, body: Any) -> float:
    """Be told to come back later; how many seconds that took."""
    started = time.monotonic()
    answer = person.call(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable"), path
    assert int(answer.headers["Retry-After"]) > 0
    return time.monotonic() - started


def asked_for_health(stack: Stack, path: str, status: int) -> float:
    started = time.monotonic()
    assert requests.get(stack.url + path, timeout=30).status_code == status
    return time.monotonic() - started


@pytest.mark.parametrize("mode", ["refuse", "freeze"])
def test_without_postgresql_everything_is_an_honest_503(proxied: tuple[Stack, Proxy], mode: Any) -> None:
    stack, proxy = proxied
    person = stack.sign_up()
    room = person.room()
    stack.double.reset()
    stack.double.default(ttft=3)
    others = [stack.sign_up() for _ in range(10)]
    under_way = [(each, each.send(each.room(), "asked before the outage")["id"]) for each in others for _ in range(2)]
    wait_until(lambda: stack.double.ledger()["in_flight"] == 20, 20, "all under way")
    subject = {"id": "price_of_nobody", "object": "price"}
    event = {"id": f"evt_{mode}", "object": "event", "type": "price.updated", "data": {"object": subject}}

    def delivered_in_vain() -> float:
        code, seconds = deliver(stack, event)
        assert code == 503
        return seconds

    proxy.set(mode)
    try:
        for method, path, body in (
            ("GET", "/chatroom", None),
            ("GET", f"/chatroom/{room}", None),
            ("POST", f"/chatroom/{room}/message", {"content": "hello"}),
            ("POST", "/auth/send-otp", {"mobile_number": person.number}),
        ):
            assert_one_of_three_takes_at_most(3, lambda: refused(person, method, path, body), path)
        assert_one_of_three_takes_at_most(3, delivered_in_vain, "so that Stripe sends it again")
        for path, status in (("/livez", 200), ("/readyz", 503)):
            assert_one_of_three_takes_at_most(2, lambda: asked_for_health(stack, path, status), path)
        time.sleep(5)  # the answers come while nobody can keep them, and every lease (3 s) runs out
    finally:
        proxy.set("pass")
    wait_until(lambda: requests.get(stack.url + "/readyz", timeout=30).status_code == 200, 10, "ready again")
    wait_until(lambda: person.call("GET", "/chatroom").status_code == 200, 10, "answering again")
    for each, message_id in under_way:
        assert each.answered(message_id, 45)["reply"]["status"] == "done"
    [(sent,)] = stack.sql("SELECT count(*) FROM chatrooms_message WHERE room_id = %s AND role = 'user'", room)
    assert sent == 0, "what was refused was not stored"
    assert deliver(stack, event)[0] == 200
    assert stack.sql("SELECT type FROM billing_stripeevent WHERE event_id = %s", event["id"]) == [("price.updated",)]
    stack.double.default()
    assert person.answered(person.send(room, "asked after the outage")["id"], 30)["reply"]["status"] == "done"
