"""The client's address, as the last trusted proxy saw it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNSPECIFIED = ipaddress.ip_address(0)
"""The peer of a request over a Unix socket."""

IPV6_PREFIX = 64
"""The prefix length of one client: RFC 6177 gives each site at least a /64, so limits count by it."""


def client_address(request: HttpRequest) -> str:
    """The address of the client, in its shortest form.

    With `PROXY_HOPS` n, it is the n-th from the right of X-Forwarded-For, which the n trusted proxies wrote; a client
    can forge everything to the left of it. With 0, or if the header is malformed or too short, it is the peer's.
    """
    return address_behind(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def address_behind(remote: str, forwarded_for: str) -> str:
    """The same from the peer's address and the header's value, for code without a Django request."""
    peer = _parse(remote) or UNSPECIFIED
    hops = settings.PROXY_HOPS
    forwarded = forwarded_for.split(",")
    if hops and len(forwarded) >= hops:
        return str(_parse(forwarded[-hops]) or peer)
    return str(peer)


def network_of(address: str) -> str:
    """What counts as one client for limits: an IPv4 address, or the /64 of an IPv6 address."""
    parsed = ipaddress.ip_address(address)
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address as proxies write it; an IPv4-mapped one becomes IPv4 (RFC 4291 section 2.5.5.2)."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
