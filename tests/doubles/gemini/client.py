"""The double as tests use it."""

import json
import urllib.request
from typing import Any

from tests.doubles.process import DoubleProcess

# Loopback must not go through a proxy that the environment names.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class GeminiDouble(DoubleProcess):
    """Gemini in a process of its own. Its behaviours are the fields of `tests.doubles.gemini.behaviour.Behaviour`."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(module="tests.doubles.gemini", port=port)

    def script(self, *behaviours: dict[str, Any]) -> None:
        """Queue one behaviour for each of the next calls."""
        self._ask("POST", "script", list(behaviours))

    def default(self, **behaviour: Any) -> None:
        """Set what happens to calls without a script or a directive."""
        self._ask("POST", "default", behaviour)

    def release(self) -> None:
        """Let the calls that have begun go on where they are held; later ones are held again."""
        self._ask("POST", "release")

    def ledger(self) -> dict[str, Any]:
        """Return `calls`, `in_flight`, `max_in_flight` and `max_in_flight_by_user`."""
        ledger: dict[str, Any] = self._ask("GET", "ledger")
        return ledger

    def calls(self) -> list[dict[str, Any]]:
        """Return the calls so far, oldest first."""
        calls: list[dict[str, Any]] = self.ledger()["calls"]
        return calls

    def files(self) -> list[dict[str, Any]]:
        """Return every upload, oldest first, with its `state`: GONE if it was deleted or has expired."""
        files: list[dict[str, Any]] = self._ask("GET", "files")
        return files

    def set_files(self, **settings: Any) -> None:
        """Set `processing` (how often a new file is not ready yet) or `fails`, or let `age` hours pass."""
        self._ask("POST", "files", settings)

    def reset(self) -> None:
        """Forget the ledger, the files, the script and the default, and hold no call."""
        self._ask("DELETE", "ledger")
        self._ask("DELETE", "files")
        self._ask("DELETE", "script")
        self.default()
        self.release()

    def _ask(self, method: str, what: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.base_url}/__double__/{what}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with _direct.open(request, timeout=10) as response:
            return json.load(response)
