"""Whether `worker`, `tasks` or `beat` of this machine works: `python -m config.alive NAME`, for a container's check.

Each process touches a file with its name whenever it reaches the broker, every few seconds. This module does not import
Django, so that a check is cheap.
"""

import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

MAX_SILENCE: Final = 60.0
"""Seconds without a touch after which a process counts as dead: it hangs, or Redis is unavailable."""

NAMES: Final = ("worker", "tasks", "beat")


def mark(name: str) -> None:
    """Record that the process `name` works now. Errors of the file system are ignored."""
    if name not in NAMES:  # started by hand, not from the Procfile
        return
    with suppress(OSError):
        _file(name).touch()


def age(name: str) -> float | None:
    """Seconds since the process last touched its file; None if there is no file."""
    try:
        return time.time() - _file(name).stat().st_mtime
    except OSError:
        return None


def main(arguments: list[str]) -> int:
    """Print what is wrong, if anything is, and return the exit code."""
    if len(arguments) != 1 or arguments[0] not in NAMES:
        print(f"Usage: python -m config.alive {{{','.join(NAMES)}}}", file=sys.stderr)
        return 2
    silent = age(arguments[0])
    if silent is not None and silent < MAX_SILENCE:
        return 0
    since = "has never reached the broker" if silent is None else f"has not reached the broker for {silent:.0f} s"
    print(f"{arguments[0]} {since}.", file=sys.stderr)
    return 1


def _file(name: str) -> Path:
    return Path(tempfile.gettempdir()) / f"kuvaka-{name}.alive"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
