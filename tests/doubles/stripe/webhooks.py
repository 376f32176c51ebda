"""Webhooks: signed, sent concurrently in no fixed order, and repeated until they are accepted."""

import hashlib
import hmac
import http.client
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.doubles.stripe.objects import StripeObject

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds between two attempts; after the last one a delivery is given up."""


@dataclass
class Deliveries:
    """The one endpoint, and what became of every event. Tests set the switches."""

    url: str = ""
    secret: str = ""
    enabled: bool = True
    copies: int = 1
    drop: float = 0.0
    held: list[StripeObject] | None = None
    accepted: set[str] = field(default_factory=set)
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(16)
        self._lock = threading.Lock()

    def announce(self, event: StripeObject) -> None:
        """Send an event in the background, unless a switch prevents it."""
        if self.held is not None:
            self.held.append(event)
        elif self.url and self.enabled and random.random() >= self.drop:
            for _ in range(self.copies):
                self._pool.submit(self._send_until_accepted, event)

    def release(self, order: list[int]) -> None:
        """Send the events that were held, in this order, one after another."""
        events, self.held = self.held or [], None
        for index in order:
            self.send(events[index])

    def send(self, event: StripeObject, *, secret: str | None = None, timestamp: int | None = None) -> int:
        """Send an event now; the status of the response, or 0 without one."""
        body = json.dumps(event).encode()
        # The signature uses the real clock, not the pretend one.
        header = signature(body, secret=self.secret if secret is None else secret, timestamp=timestamp)
        status = _post(self.url, body, {"Content-Type": "application/json", "Stripe-Signature": header})
        with self._lock:
            self.attempts.append({"event": event["id"], "type": event["type"], "status": status})
            if 200 <= status < 300:
                self.accepted.add(event["id"])
        return status

    def _send_until_accepted(self, event: StripeObject) -> None:
        time.sleep(random.uniform(0, 0.05))
        for pause in (*PAUSES, None):
            if 200 <= self.send(event) < 300 or pause is None:
                return
            time.sleep(pause)


def signature(body: bytes, *, secret: str, timestamp: int | None = None) -> str:
    """The header Stripe-Signature (docs.stripe.com/webhooks/signature)."""
    moment = int(time.time()) if timestamp is None else timestamp
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request("POST", parts.path, body, headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()
