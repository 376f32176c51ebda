"""PostgreSQL stopped or frozen: a 503 at once, and everything works again without a restart."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests import servers
from tests.api_user import ApiUser
from tests.doubles.proxy import Proxy
from tests.flows.paying import deliver
from tests.stack import Stack, running
from tests.waiting import TIMEOUT, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(600)]


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


def assert_refused(user: ApiUser, method: str, path: str, body: Any) -> None:
    """Assert a 503 with Retry-After, before the client's own timeout."""
    response = user.call(method, path, json=body)
    assert (response.status_code, response.json()["code"]) == (503, "service_unavailable"), path
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize("mode", ["refuse", "freeze"])
def test_without_postgresql_every_request_gets_a_503(proxied: tuple[Stack, Proxy], mode: Any) -> None:
    stack, proxy = proxied
    alice = stack.sign_up()
    room = alice.room()
    stack.double.reset()
    stack.double.default(hold=0)
    others = [stack.sign_up() for _ in range(10)]
    under_way = [(each, each.send(each.room(), "asked before the outage")["id"]) for each in others for _ in range(2)]
    wait_until(lambda: stack.double.ledger()["in_flight"] == 20, "all under way")
    subject = {"id": "price_unknown", "object": "price"}
    event = {"id": f"evt_{mode}", "object": "event", "type": "price.updated", "data": {"object": subject}}

    proxy.set(mode)
    try:
        for method, path, body in (
            ("GET", "/chatroom", None),
            ("GET", f"/chatroom/{room}", None),
            ("POST", f"/chatroom/{room}/message", {"content": "hello"}),
            ("POST", "/auth/send-otp", {"mobile_number": alice.number}),
        ):
            assert_refused(alice, method, path, body)
        assert deliver(stack, event) == 503, "so that Stripe sends it again"
        for path, status in (("/livez", 200), ("/readyz", 503)):
            assert requests.get(stack.url + path, timeout=TIMEOUT).status_code == status
        # Every call ends while no reply can be stored, and every lease expires.
        stack.double.release()
        wait_until(lambda: stack.double.ledger()["in_flight"] == 0, "the end of all calls")
        stack.expire_leases()
    finally:
        proxy.set("pass")
    wait_until(lambda: requests.get(stack.url + "/readyz", timeout=TIMEOUT).status_code == 200, "ready again")
    wait_until(lambda: alice.call("GET", "/chatroom").status_code == 200, "room lists again")
    for each, message_id in under_way:
        assert each.wait_for_reply(message_id, 120)["reply"]["status"] == "done"
    [(sent,)] = stack.sql("SELECT count(*) FROM chatrooms_message WHERE room_id = %s AND role = 'user'", room)
    assert sent == 0, "what was refused was not stored"
    assert deliver(stack, event) == 200
    assert stack.sql("SELECT type FROM billing_stripeevent WHERE event_id = %s", event["id"]) == [("price.updated",)]
    stack.double.default()
    assert alice.wait_for_reply(alice.send(room, "asked after the outage")["id"])["reply"]["status"] == "done"
