"""Webhooks are sent to public addresses only: whatever a URL or a name says, nothing else is connected to."""

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from accounts.webhooks import targets, transport
from tests.accounts.webhooks.conftest import only_delivery, send_all
from tests.accounts.webhooks.receiver import Receiver

PUBLIC = "93.184.215.14"

NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1"),
    *("192.0.0.1", "192.0.0.9", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("::", "::1", "::10.0.0.1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:93.184.215.14", "::ffff:0:10.0.0.1"),
    *("64:ff9b::10.0.0.1", "64:ff9b::93.184.215.14", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:20::1"),
    *("2001:db8::1", "2002:a00:1::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1"),
    *("fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1"),
]


@pytest.fixture
def server(settings: Any) -> Iterator[Receiver]:
    """A real server, which must not record a connection."""
    settings.WEBHOOK_ALLOW_LOOPBACK = False
    with Receiver() as listening:
        yield listening


@pytest.fixture
def resolves(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let every name have these addresses, one list for each look-up; returns the names that were looked up."""

    def to(*answers: list[str]) -> list[str]:
        asked: list[str] = []

        def look_up(host: str, port: int) -> list[targets.Address]:
            asked.append(host)
            return [ip_address(text) for text in answers[min(len(asked), len(answers)) - 1]]

        monkeypatch.setattr(targets, "look_up", look_up)
        return asked

    return to


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were connected to, none of which answers."""
    tried: list[str] = []

    def connect(address: targets.Address, port: int, timeout: float) -> Any:
        tried.append(str(address))
        raise ConnectionRefusedError

    monkeypatch.setattr(transport, "connect", connect)
    return tried


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(settings: Any, text: str) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = False
    assert not targets.is_allowed(ip_address(text))


@pytest.mark.parametrize("text", [PUBLIC, "1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001:80e::200e"])
def test_a_public_address_is_allowed(settings: Any, text: str) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = False
    assert targets.is_allowed(ip_address(text))


@pytest.mark.parametrize("text", [text for text in NOT_PUBLIC if text not in ("127.0.0.1", "127.9.9.9", "::1")])
def test_development_adds_this_machine_alone(settings: Any, text: str) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    assert not targets.is_allowed(ip_address(text))


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::1"])
def test_a_name_with_such_an_address_is_not_contacted(
    make: Callable[..., Any],
    server: Receiver,
    resolves: Callable[..., list[str]],
    connected: list[str],
    tell: Any,
    address: str,
) -> None:
    resolves([address])
    make(f"http://hooks.example.com:{server.port}/")
    tell()
    assert send_all() == 1
    delivery = only_delivery()
    assert (delivery.status, delivery.attempts, delivery.last_error) == ("pending", 1, "address_refused")
    assert (connected, server.connections) == ([], 0)


def test_a_name_that_is_half_public_is_not_contacted(
    server: Receiver, resolves: Callable[..., list[str]], connected: list[str]
) -> None:
    resolves([PUBLIC, "127.0.0.1"])
    assert post(f"http://hooks.example.com:{server.port}/").error == "address_refused"
    assert connected == []


def test_a_name_that_changes_is_connected_where_it_was_checked(
    server: Receiver, resolves: Callable[..., list[str]], connected: list[str]
) -> None:
    """Rebinding: the second look-up would say 127.0.0.1. There is none."""
    asked = resolves([PUBLIC], ["127.0.0.1"])
    assert post(f"http://hooks.example.com:{server.port}/").error == "connection_failed"
    assert (asked, connected, server.connections) == (["hooks.example.com"], [PUBLIC], 0)


@pytest.mark.parametrize("host", ["127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "localhost", "localhost."])
def test_other_spellings_of_this_machine_are_not_contacted(server: Receiver, host: str) -> None:
    """The system's own resolver reads them."""
    assert post(f"http://{host}:{server.port}/").error in ("address_refused", "name_not_found")
    assert server.connections == 0


def test_the_server_would_record_a_connection(server: Receiver, settings: Any) -> None:
    """Or the tests above prove nothing."""
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    assert post(f"http://localhost:{server.port}/").status_code == 204
    assert server.connections == 1


def test_a_name_without_an_address_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(host: str, port: int) -> Any:
        raise OSError

    monkeypatch.setattr(targets, "look_up", look_up)
    assert post("http://hooks.example.com/").error == "name_not_found"


def test_a_resolver_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    ended = threading.Event()
    monkeypatch.setattr(targets, "look_up", lambda host, port: [ended.wait(60)] and [ip_address("127.0.0.1")])
    monkeypatch.setattr(targets, "LOOKUP_TIMEOUT", 0.2)
    assert post("http://hooks.example.com/").error == "name_not_found"
    ended.set()


def post(url: str) -> transport.Outcome:
    return transport.post(url, body=b"{}", headers={})
