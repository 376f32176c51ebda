"""The record of the double's calls."""

import re
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

USER = re.compile(r"\buser=([\w+-]+)")


@dataclass(kw_only=True)
class Call:
    """One call. Times are of the wall clock, in seconds; `outcome` is open until the call ends."""

    method: str
    model: str
    contents: list[dict[str, Any]]
    system_instruction: str
    generation_config: dict[str, Any]
    searches: bool
    store: bool | None
    continuation_token: str
    user: str
    started: float = field(default_factory=time.time)
    finished: float | None = None
    disconnected: float | None = None
    status: int = 200
    outcome: str = "open"


class Ledger:
    """Every call, and how many were in progress at once, in total and for each `user=<x>` in the last message."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self.forget()

    def forget(self) -> None:
        """Clear the record; calls in progress still count."""
        self._calls: list[Call] = []
        self._most_by_user = self._open.copy()
        self._most = self._open.total()

    def begin(self, *, method: str, model: str, body: Any) -> Call:
        body = body if isinstance(body, dict) else {}
        found = USER.search(last_message(body))
        call = Call(
            method=method,
            model=model,
            contents=body.get("contents") or [],
            system_instruction=_text(body.get("systemInstruction")),
            generation_config=body.get("generationConfig") or {},
            searches=any("googleSearch" in tool for tool in body.get("tools") or []),
            store=body.get("store"),
            continuation_token=body.get("continuationToken") or "",
            user=found[1] if found else "",
        )
        self._calls.append(call)
        self._open[call.user] += 1
        self._most = max(self._most, self._open.total())
        self._most_by_user[call.user] = max(self._most_by_user[call.user], self._open[call.user])
        return call

    def end(self, call: Call) -> None:
        call.finished = time.time()
        self._open[call.user] -= 1

    @property
    def most(self) -> int:
        """The most calls that were in progress at once."""
        return self._most

    def as_json(self) -> dict[str, Any]:
        return {
            "calls": [asdict(call) for call in self._calls],
            "in_flight": self._open.total(),
            "max_in_flight": self._most,
            "max_in_flight_by_user": {user: most for user, most in self._most_by_user.items() if user and most},
        }


def last_message(body: Any) -> str:
    """Return the text of the last user turn."""
    contents = body.get("contents") if isinstance(body, dict) else None
    users = [turn for turn in contents or [] if turn.get("role") == "user"]
    return _text(users[-1]) if users else ""


def _text(content: Any) -> str:
    return "".join(part.get("text", "") for part in (content or {}).get("parts", []))
