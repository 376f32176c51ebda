"""The client's address is right behind 0, 1 and 2 proxies, and cannot be invented."""

import asyncio
import io
from typing import Any

import pytest
from django.test import Client, RequestFactory

from chatrooms.streaming.app import StreamApp
from config.http.client_address import client_address, network_of

CLIENT, PROXY, OUTER = "198.51.100.7", "10.0.0.1", "10.0.0.2"
INVENTED = (
    "203.0.113.1", "203.0.113.1, 203.0.113.2", "203.0.113.1,203.0.113.2,203.0.113.3", "127.0.0.1", "::1",
    "unknown", "_hidden", "", ",", ",,,", " , , ", "localhost", "203.0.113.1;drop", "'; --", "999.999.999.999",
    "2001:db8::bad", "[2001:db8::bad]:443", "0.0.0.0", "x" * 5000, "203.0.113.1\t",
)  # fmt: skip


def address(settings: Any, hops: int, peer: str, forwarded: str | None = None, **headers: str) -> str:
    settings.PROXY_HOPS = hops
    more = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded is not None else {}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **more, **headers))


def test_the_real_chain_leads_to_the_client(settings: Any) -> None:
    assert address(settings, 0, CLIENT) == CLIENT
    assert address(settings, 1, PROXY, CLIENT) == CLIENT
    assert address(settings, 2, PROXY, f"{CLIENT}, {OUTER}") == CLIENT


@pytest.mark.parametrize("forged", INVENTED)
def test_a_forged_header_does_not_change_the_address(settings: Any, forged: str) -> None:
    """Proxies append to what the client sent, so its inventions stand to the left."""
    assert address(settings, 0, CLIENT, forged) == CLIENT
    assert address(settings, 1, PROXY, f"{forged}, {CLIENT}") == CLIENT
    assert address(settings, 2, PROXY, f"{forged}, {CLIENT}, {OUTER}") == CLIENT


@pytest.mark.parametrize("header", ["HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_CLIENT_IP", "HTTP_CF_CONNECTING_IP"])
@pytest.mark.parametrize("hops", [0, 1, 2])
def test_no_other_header_counts(settings: Any, hops: int, header: str) -> None:
    chain = (None, CLIENT, f"{CLIENT}, {OUTER}")[hops]
    peer = PROXY if hops else CLIENT
    assert address(settings, hops, peer, chain, **{header: "203.0.113.1"}) == CLIENT


@pytest.mark.parametrize("malformed", ["", "unknown", "_hidden", "1.2.3", "999.1.1.1", "::g", "a, b", "203.0.113.1 x"])
@pytest.mark.parametrize("hops", [1, 2])
def test_a_malformed_or_missing_chain_names_the_peer(settings: Any, hops: int, malformed: str) -> None:
    assert address(settings, hops, PROXY, malformed) == PROXY
    assert address(settings, hops, PROXY) == PROXY


def test_a_chain_that_is_too_short_names_the_peer(settings: Any) -> None:
    assert address(settings, 2, PROXY, CLIENT) == PROXY


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("198.51.100.7:51234", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("[::ffff:198.51.100.7]:51234", "198.51.100.7"),
        ("2001:DB8:0:0:0:0:0:7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("  198.51.100.7  ", "198.51.100.7"),
    ],
)
@pytest.mark.parametrize("hops", [1, 2])
def test_an_address_is_known_in_every_form(settings: Any, hops: int, written: str, meant: str) -> None:
    assert address(settings, hops, PROXY, written + (f", {OUTER}" if hops == 2 else "")) == meant


@pytest.mark.parametrize(
    ("hops", "peer", "chain"), [(0, CLIENT, ""), (1, PROXY, CLIENT), (2, PROXY, f"{CLIENT}, {OUTER}")]
)
def test_the_logs_of_web_and_stream_name_the_same_address(
    settings: Any, logged: io.StringIO, hops: int, peer: str, chain: str
) -> None:
    settings.PROXY_HOPS = hops
    forwarded = f"203.0.113.1, {chain}".rstrip(", ")
    forged = {"X-Real-IP": "203.0.113.1", "Forwarded": "for=203.0.113.1", "X-Forwarded-For": forwarded}
    Client().get("/nowhere", REMOTE_ADDR=peer, headers=forged)

    async def exchange(*_: Any) -> dict[str, str]:
        return {"type": "http.disconnect"}

    headers = [(name.lower().encode(), value.encode()) for name, value in forged.items()]
    scope = {"type": "http", "method": "GET", "path": "/nowhere", "headers": headers, "client": (peer, 1)}
    asyncio.run(StreamApp()(scope, exchange, exchange))
    lines = [line for line in logged.getvalue().splitlines() if " status=404" in line]
    assert [f"address={CLIENT} " in line for line in lines] == [True, True], lines
    assert "203.0.113.1" not in logged.getvalue()


def test_a_peer_without_an_address_has_no_client_address(settings: Any) -> None:
    assert address(settings, 0, "") == "0.0.0.0"


def test_a_network_is_one_ipv4_address_or_a_64_of_ipv6() -> None:
    assert network_of("198.51.100.7") == "198.51.100.7"
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::") != network_of("2001:db8:1:2::")
