"""A new metrics folder for each started process, shared by its child processes and removed after it has ended.

prometheus_client reads PROMETHEUS_MULTIPROC_DIR when it is imported, so the folder has to exist before. The files of a
dead process would be exported as if it were alive. A file lock shows which processes are alive, in other containers
too, and the kernel releases it however a process ends.
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
    """A folder whose lock is held through `descriptor`, by us and by the process that inherits it."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Close our descriptor; the process that has inherited it still holds the lock."""
        os.close(self.descriptor)


def make(*, parent: Path | None = None) -> Folder:
    """Make a folder for a process that is about to start, and remove those of dead processes.

    Args:
        parent: the parent folder; by default one for this user in the system's temporary folder.
    """
    parent = _private(parent or Path(tempfile.gettempdir()) / f"kuvaka-metrics-{os.geteuid()}")
    with _exclusive(parent):
        _remove_abandoned(parent)
        path = Path(tempfile.mkdtemp(dir=parent))
        descriptor = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.set_inheritable(descriptor, True)
    return Folder(path, descriptor)


@contextmanager
def _exclusive(parent: Path) -> Iterator[None]:
    """Prevent other processes from removing a folder that is being made."""
    with (parent / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _private(parent: Path) -> Path:
    """The folder, made if necessary; a new temporary one if its name is taken by another user or a link."""
    with suppress(FileExistsError):
        parent.mkdir(mode=0o700)
    found = parent.lstat()
    is_ours = parent.is_dir() and not parent.is_symlink() and found.st_uid == os.geteuid()
    return parent if is_ours else Path(tempfile.mkdtemp(prefix="kuvaka-metrics-"))


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.iterdir():
        if folder.is_dir() and _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        with (folder / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True  # its process died before it took the lock
    except OSError:
        return False
    return True
