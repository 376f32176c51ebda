"""A fresh folder for what each started process counts: its own processes share it, and it ends with them.

prometheus_client reads PROMETHEUS_MULTIPROC_DIR when it is imported, so it has to be there before. What a dead process
left would be told as if it lived; the kernel's lock says who lives, whatever the container, and is given back however a
process ends.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
LOCK: Final = "lock"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder whose lock is held by whoever has `descriptor` open: us, and then the process that inherits it."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Leave the folder to the process that has inherited the lock."""
        os.close(self.descriptor)


def make(*, parent: Path | None = None) -> Folder:
    """Make a folder of its own for a process that is about to start, and remove those of dead ones.

    Args:
        parent: where; if it is not said, in the system's folder for temporary files, under a name of this user's.
    """
    parent = _private(parent or Path(tempfile.gettempdir()) / f"kuvaka-metrics-{os.geteuid()}")
    with _alone(parent):
        _sweep(parent)
        path = Path(tempfile.mkdtemp(dir=parent))
        descriptor = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.set_inheritable(descriptor, True)
    return Folder(path, descriptor)


@contextmanager
def _alone(parent: Path) -> Iterator[None]:
    """Keep others from sweeping away what is just being made."""
    with (parent / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _private(parent: Path) -> Path:
    """The folder, made if it is not there; another one if somebody else's stands in its place."""
    with suppress(FileExistsError):
        parent.mkdir(mode=0o700)
    found = parent.lstat()
    is_ours = parent.is_dir() and not parent.is_symlink() and found.st_uid == os.geteuid()
    return parent if is_ours else Path(tempfile.mkdtemp(prefix="kuvaka-metrics-"))


def _sweep(parent: Path) -> None:
    for folder in parent.iterdir():
        if folder.is_dir() and _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        with (folder / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True  # whoever made it died before it had a lock
    except OSError:
        return False
    return True
