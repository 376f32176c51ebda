"""Where a webhook may be sent: which URLs, and which addresses their names may have."""

import ipaddress
import re
import socket
import threading
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from accounts.models.webhooks import MAX_WEBHOOK_URL

Address = IPv4Address | IPv6Address

PRINTABLE: Final = re.compile(r"[!-~]+")
LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}\.?$){LABEL}(\.{LABEL})*\.?")
FIRST_FREE_PORT: Final = 1024
"""Below it are other services than the web's: mail, databases of the system, remote shells."""

REFUSED: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        # IPv4 that `is_global` of some versions of Python lets through, or that is global and yet not the public's.
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # the platform's services inside Azure
        # IPv6 that stands for IPv4, or is not the public's.
        "2001::/23",  # IETF protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All that is public of IPv6. Outside are ::ffff:0:0/96 and 64:ff9b::/96, which stand for IPv4 (RFC 4291, RFC 6052)."""

LOOKUP_TIMEOUT: Final = 5.0
"""Seconds. The system's resolver may take longer, and cannot be interrupted; its thread ends when it gives up."""


class Refused(Exception):
    """The URL, or an address of its host, is not one that a webhook may be sent to."""


class NotFound(Exception):
    """The name has no address, or none was found in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL in parts. `host` is in ASCII, an IPv6 address without brackets."""

    is_secure: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_secure else 80) else f"{host}:{self.port}"


def read(url: str) -> Target:
    """Read a URL.

    Raises:
        Refused: its argument says why, for the user.
    """
    if len(url) > MAX_WEBHOOK_URL or not PRINTABLE.fullmatch(url) or "\\" in url:
        raise Refused("A URL in ASCII without spaces.")
    try:
        parts = urlsplit(url)
        given_port = parts.port
    except ValueError:
        raise Refused("This is not a URL.") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.WEBHOOK_ALLOW_HTTP):
        raise Refused("The URL has to begin with https://.")
    if "@" in parts.netloc or parts.fragment:
        raise Refused("A URL without user, password and fragment.")
    is_secure = parts.scheme == "https"
    port = (443 if is_secure else 80) if given_port is None else given_port
    if port not in (80, 443) and port < FIRST_FREE_PORT:
        raise Refused("The port has to be 443, 80, or one from 1024.")
    host = parts.hostname or ""
    literal = _literal(host)
    if literal is None and not HOST_NAME.fullmatch(host):
        raise Refused("This is not the name of a host.")
    if literal is not None and not is_allowed(literal):
        raise Refused("The address has to be a public one.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(is_secure=is_secure, host=host, port=port, path=path)


def is_allowed(address: Address) -> bool:
    """Whether a webhook may be sent to this address: only to public ones, and to this machine in development."""
    if settings.WEBHOOK_ALLOW_LOOPBACK and address.is_loopback:
        return True
    if address.version == 6 and address not in GLOBAL_UNICAST:
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in REFUSED)


def addresses_of(target: Target, *, timeout: float) -> list[Address]:
    """Look the target's host up once; the connection is then made to one of these addresses, not to the name.

    Args:
        target: where to send.
        timeout: seconds that the caller has.

    Raises:
        NotFound: there is no address.
        Refused: any of them is not allowed, so that a name cannot be half public.
    """
    literal = _literal(target.host)
    found = [literal] if literal is not None else _looked_up(target, min(timeout, LOOKUP_TIMEOUT))
    if not found:
        raise NotFound
    if not all(is_allowed(address) for address in found):
        raise Refused("The name has an address that is not public.")
    return found


def _looked_up(target: Target, timeout: float) -> list[Address]:
    found: list[Address] = []
    has_ended = threading.Event()

    def run() -> None:
        try:
            found.extend(look_up(target.host, target.port))
        except (OSError, UnicodeError, ValueError):
            found.clear()
        has_ended.set()

    threading.Thread(target=run, name="webhook-lookup", daemon=True).start()
    return found if has_ended.wait(timeout) else []


def look_up(host: str, port: int) -> list[Address]:
    """All addresses of a name, in the order in which the system would try them.

    Raises:
        OSError: there is none.
    """
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(answer[4][0]) for answer in answers))


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
