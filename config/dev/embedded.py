"""The embedded PostgreSQL and Redis of a checkout: where their data is, and how other processes find them.

Importing this module needs no development package; `services` imports them when it starts a server.
"""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from config.dev.database_servers import Server

CHECKOUT: Final = Path(__file__).resolve().parents[2]

ROOT_FOLDER: Final = Path("/var/lib/kuvaka")
"""Root's data is kept here: the servers' account can reach it without a change to any folder's mode. Not in /var/tmp,
where systemd deletes files older than 30 days (tmpfiles.d/tmp.conf)."""

ROOM: Final = 200 * 1024**2
"""Bytes that must be free on the data's disk: a new cluster takes 40 MB, its write-ahead log soon 80 MB more."""


class EmbeddedError(Exception):
    """The embedded services cannot run; the message says why and what to do, for the terminal."""


@dataclass(frozen=True, slots=True)
class Urls:
    database_url: str
    redis_url: str


def default_data_dir() -> Path:
    """Return where this checkout keeps its data without `DATA_DIR`."""
    if os.geteuid() != 0:
        return CHECKOUT / ".data"
    return ROOT_FOLDER / hashlib.sha256(f"{CHECKOUT}:{os.geteuid()}".encode()).hexdigest()[:16]


@contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Create `data_dir` if it does not exist, and lock it for this process.

    The kernel releases the lock however the process ends, so there are no stale locks.

    Raises:
        EmbeddedError: if another process holds it, the folder may be another account's, or its disk is full.
    """
    make_folder(data_dir)
    with _lock_file(data_dir).open("a+") as file:
        if not _locked(file.fileno()):
            file.seek(0)
            raise EmbeddedError(
                f"Kuvaka already runs from {data_dir} (process {file.read().strip() or 'unknown'}). "
                "Stop it first, or give this one its own DATA_DIR and PORT."
            )
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        _urls_file(data_dir).unlink(missing_ok=True)  # a killed holder's, which would now count as ours
        yield


def running_urls(data_dir: Path) -> Urls | None:
    """Return the URLs of the instance that holds `data_dir`, or None.

    The lock proves that the process that wrote the URLs is alive: `hold` removes the file of a killed one.
    """
    try:
        with _lock_file(data_dir).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(OSError, ValueError, TypeError):
            return Urls(**json.loads(_urls_file(data_dir).read_text()))
    except OSError:
        pass
    return None


def holder(data_dir: Path) -> int | None:
    """Return the id of the process that holds `data_dir`, or None.

    Only the lock counts: the id that a killed process left in the file is ignored.
    """
    try:
        with _lock_file(data_dir).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(OSError, ValueError):
            return int(_lock_file(data_dir).read_text())
    except OSError:
        pass
    return None


def secret(*, data_dir: Path, name: str) -> str:
    """Return the random secret that `data_dir` keeps as `name` (64 characters, mode 600); the first call makes it."""
    file = data_dir / "secrets" / name
    file.parent.mkdir(mode=0o700, exist_ok=True)
    if not file.exists():
        _write_private(file, secrets.token_hex(32))
    return file.read_text()


@contextmanager
def services(
    data_dir: Path, *, debug: bool, database_url: str = "", redis_url: str = ""
) -> Iterator[tuple[Urls, list["Server"]]]:
    """Start PostgreSQL and Redis where they have no URL yet, publish the URLs, and stop them at the end.

    Args:
        data_dir: a folder that this process holds.
        debug: whether this is development; embedded services never run in production.
        database_url: an existing PostgreSQL to use instead of ours.
        redis_url: the same for Redis.

    Yields:
        The URLs, and the servers that were started for them.

    Raises:
        EmbeddedError: if something has no URL and DEBUG is off.
        ServerError: if a server does not start.
    """
    if not debug and not (database_url and redis_url):
        raise EmbeddedError("Embedded services never run in production: set DATABASE_URL and REDIS_URL, or DEBUG=true.")
    from config.dev import database_servers  # noqa: PLC0415  production never gets here

    started: list[Server] = []
    with ExitStack() as stack:
        if not database_url:
            password = secret(data_dir=data_dir, name="postgresql")
            started.append(stack.enter_context(database_servers.postgresql(data_dir=data_dir, password=password)))
            database_url = started[-1].url
        if not redis_url:
            password = secret(data_dir=data_dir, name="redis")
            started.append(stack.enter_context(database_servers.redis(data_dir=data_dir, password=password)))
            redis_url = started[-1].url
        urls = Urls(database_url=database_url, redis_url=redis_url)
        with published(data_dir, urls):
            yield urls, started


@contextmanager
def published(data_dir: Path, urls: Urls) -> Iterator[None]:
    """Publish `urls` to other processes (`running_urls`), in a folder that this process holds."""
    file = _urls_file(data_dir)
    _write_private(file, json.dumps(asdict(urls)))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def remove_default_data() -> None:
    """Remove what `make run` and `make test` keep for this checkout.

    Raises:
        EmbeddedError: if a run uses it.
    """
    data_dir = default_data_dir()
    if data_dir.exists():
        with hold(data_dir):
            shutil.rmtree(data_dir)


def _lock_file(data_dir: Path) -> Path:
    return data_dir / "lock"


def _urls_file(data_dir: Path) -> Path:
    return data_dir / "embedded.json"


def _locked(descriptor: int) -> bool:
    """Take the lock, with retries: `running_urls` or `holder` in another process may hold it for a moment."""
    for _ in range(20):
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.05)
    return False


def make_folder(folder: Path) -> None:
    """Create `folder` and its missing parents; existing folders are not changed.

    Other accounts may pass through root's folders but not read them: the servers' account needs its own folders inside.

    Raises:
        EmbeddedError: if the folder cannot be made, may be another account's, or its disk is full.
    """
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        for path in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
            path.mkdir(mode=0o700)
            path.chmod(mode)
    except OSError as error:
        raise EmbeddedError(f"The data folder {folder} cannot be made: {error.strerror}. Set DATA_DIR.") from None
    _check_folder(folder)


def _check_folder(folder: Path) -> None:
    """Refuse a folder that another account could have made, or could change."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise EmbeddedError(f"The data folder {folder} is a link or a file. Set DATA_DIR to a real folder.")
    if found.st_uid != os.geteuid():
        raise EmbeddedError(f"The data folder {folder} belongs to another user. Set DATA_DIR to your own folder.")
    if found.st_mode & stat.S_IWOTH:
        raise EmbeddedError(f"Every account may write to the data folder {folder}. Set DATA_DIR to a private folder.")
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise EmbeddedError(
            f"The disk of {folder} is full: {free // 1024**2} MB are free, {ROOM // 1024**2} MB are needed. "
            "Free some, or set DATA_DIR to a folder on another disk."
        )


def _write_private(file: Path, text: str) -> None:
    """Write `file` completely or not at all, readable for this account only."""
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    with open(new, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
        stream.write(text)
    new.replace(file)


if __name__ == "__main__":
    try:
        remove_default_data()
    except EmbeddedError as refusal:
        sys.exit(str(refusal))
