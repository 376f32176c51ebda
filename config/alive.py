"""Whether `worker`, `tasks` or `beat` of this machine is at work: `python -m config.alive NAME`, for a container.

Each marks a file with its name whenever it is in touch with the broker, every few seconds. This module loads nothing of
Django's, so that a check costs next to nothing.
"""

import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

SILENT: Final = 60.0
"""Seconds without a mark after which a process is not at work: it stands still, or Redis is away."""

NAMES: Final = ("worker", "tasks", "beat")


def mark(name: str) -> None:
    """Say that the process `name` is at work now; where nothing can be written, nobody is told."""
    if name not in NAMES:  # started by hand, as no process of the Procfile's
        return
    with suppress(OSError):
        _file(name).touch()


def age(name: str) -> float | None:
    """Seconds since the last mark; None if there is none."""
    try:
        return time.time() - _file(name).stat().st_mtime
    except OSError:
        return None


def main(arguments: list[str]) -> int:
    """Say in a line what is wrong; the exit code, 0 if nothing is."""
    if len(arguments) != 1 or arguments[0] not in NAMES:
        print(f"Usage: python -m config.alive {{{','.join(NAMES)}}}", file=sys.stderr)
        return 2
    silent = age(arguments[0])
    if silent is not None and silent < SILENT:
        return 0
    since = "never" if silent is None else f"for {silent:.0f} s not"
    print(f"{arguments[0]} has {since} been in touch with the broker.", file=sys.stderr)
    return 1


def _file(name: str) -> Path:
    return Path(tempfile.gettempdir()) / f"kuvaka-{name}.alive"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
