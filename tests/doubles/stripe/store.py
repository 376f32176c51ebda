"""What the pretend Stripe has stored: objects by kind, and its clock."""

import copy
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.doubles.stripe import objects
from tests.doubles.stripe.objects import StripeObject

KINDS = (
    *("customers", "products", "prices", "subscriptions", "invoices", "sessions", "portals", "events"),
    *("charges", "disputes", "warnings"),
)
ENDED = ("canceled", "incomplete_expired")
HIDDEN_FIELDS = ("price_id", "subscription_metadata")
"""Fields of a session that are stored and never sent."""


class ApiError(Exception):
    """An error that Stripe would respond with."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        status: int = 400,
        kind: str = "invalid_request_error",
        param: str = "",
    ) -> None:
        super().__init__(message)
        self.code, self.status, self.kind, self.param = code, status, kind, param


class Store:
    """All objects, under one lock. `announce` gets every event that happens; `endpoint` says where they are sent."""

    def __init__(
        self, *, state_file: Path | None, announce: Callable[[StripeObject], None], endpoint: Callable[[], str] = str
    ) -> None:
        self.lock = threading.RLock()
        self.endpoint = endpoint
        self._state_file, self._announce = state_file, announce
        self.objects: dict[str, dict[str, StripeObject]] = {kind: {} for kind in KINDS}
        self.offset = 0
        self.delivered: set[str] = set()
        """Ids of the events that the webhook has accepted."""
        self.failing: list[str] = []
        """Customers whose card is declined from now on."""
        if state_file and state_file.exists():
            kept = json.loads(state_file.read_text())
            self.objects |= kept["things"]  # the name that older files have
            self.offset, self.failing = kept["offset"], kept["failing"]

    @property
    def now(self) -> int:
        """Unix time by the pretend clock."""
        return int(time.time()) + self.offset

    def save(self) -> None:
        """Write everything to the state file, if there is one."""
        if self._state_file:
            kept = {"things": self.objects, "offset": self.offset, "failing": self.failing}
            fresh = self._state_file.with_suffix(".new")
            fresh.write_text(json.dumps(kept))
            os.replace(fresh, self._state_file)

    def empty(self) -> None:
        """Delete all objects, and go back to the real clock."""
        for items in self.objects.values():
            items.clear()
        self.offset = 0
        self.failing.clear()
        self.delivered.clear()

    def get(self, kind: str, object_id: str) -> StripeObject:
        """The object with this id.

        Raises:
            ApiError: there is none.
        """
        try:
            return self.objects[kind][object_id]
        except KeyError:
            name = {"sessions": "checkout.session", "warnings": "early fraud warning"}.get(kind, kind.removesuffix("s"))
            raise ApiError(f"No such {name}: '{object_id}'", code="resource_missing", status=404) from None

    def add(self, kind: str, item: StripeObject) -> StripeObject:
        """Store a new object."""
        self.objects[kind][item["id"]] = item
        return item

    def record_event(self, kind: str, item: StripeObject) -> None:
        """Make an event about the object as it is now, and announce it."""
        sent = {name: value for name, value in copy.deepcopy(item).items() if name not in HIDDEN_FIELDS}
        self._announce(self.add("events", objects.event(now=self.now, kind=kind, item=sent)))
