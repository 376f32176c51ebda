"""The virtual environment that `make` keeps: complete for this folder and these pins, installed by uv or by pip."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from config.dev import install

pytestmark = pytest.mark.faults  # each environment costs seconds

SETS = ("requirements-run.txt", "requirements-dev.txt")
FAKE_UV = """
import subprocess, sys
print("Downloading one (1.0MiB)", file=sys.stderr)
print(" + one==1.0", file=sys.stderr)
arguments = [each for each in sys.argv[3:] if each != "--compile-bytecode"]
del arguments[:2]  # --python and which
print("uv installs", *arguments, file=sys.stderr)
sys.exit(subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *arguments]).returncode)
"""


def wheel(folder: Path, name: str, code: str) -> str:
    """Put a package into `folder`; the line that pins it."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    tag = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {
        f"{name}/__init__.py": "",
        f"{name}/__main__.py": code,
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{name}-1.0.dist-info/WHEEL": tag,
    }
    record = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}"
        for path, text in files.items()
    ]
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "\n".join([*record, f"{name}-1.0.dist-info/RECORD,,"]))
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with requirements of one package, which is beside it with a uv; nothing else can be fetched."""
    wheels, folder = tmp_path / "wheels", tmp_path / "checkout"
    wheels.mkdir()
    (folder / "config/dev").mkdir(parents=True)
    shutil.copy(install.__file__, folder / "config/dev/install.py")
    (folder / "requirements-uv.txt").write_text(wheel(wheels, "uv", FAKE_UV))
    for name in SETS:
        (folder / name).write_text(wheel(wheels, "one", ""))
    return folder


def run(checkout: Path, wanted: str = SETS[0]) -> subprocess.CompletedProcess[str]:
    own = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(checkout.parent / "wheels"), "PIP_CONFIG_FILE": os.devnull}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "VIRTUAL_ENV"))}
    return subprocess.run(
        [sys.executable, str(checkout / "config/dev/install.py"), wanted],
        env={**kept, **own},
        capture_output=True,
        text=True,
        check=False,
    )


def has(checkout: Path, package: str) -> bool:
    """Whether the environment can run the package."""
    ran = subprocess.run([checkout / ".venv/bin/python", "-m", package], capture_output=True, check=False)
    return ran.returncode == 0


def test_uv_installs_what_is_pinned_and_only_when_it_must(checkout: Path) -> None:
    first, second = run(checkout), run(checkout)
    (checkout / SETS[0]).write_text(wheel(checkout.parent / "wheels", "two", ""))
    changed = run(checkout)
    moved = checkout.rename(checkout.with_name("moved"))
    after_move = run(moved)

    assert [each.returncode for each in (first, second, changed, after_move)] == [0, 0, 0, 0], first.stderr
    assert "uv installs --no-deps --require-hashes -r requirements-run.txt" in first.stderr
    assert "Downloading one (1.0MiB)" in first.stderr
    assert " + one" not in first.stderr
    assert second.stdout + second.stderr == ""
    assert "Making the virtual environment" not in changed.stderr
    assert "Making the virtual environment" in after_move.stderr
    assert has(moved, "two")
    assert not has(moved, "one")


def test_without_uv_pip_installs_and_refuses_wrong_hashes(checkout: Path) -> None:
    (checkout.parent / "wheels/uv-1.0-py3-none-any.whl").unlink()

    larger, smaller = run(checkout, SETS[1]), run(checkout, SETS[0])
    pinned = wheel(checkout.parent / "wheels", "two", "")
    (checkout / SETS[1]).write_text(pinned.replace(pinned[-9:-1], "00000000"))
    tampered = [run(checkout, SETS[1]), run(checkout, SETS[1])]

    assert larger.returncode == 0, larger.stderr
    assert "so pip installs" in larger.stderr
    assert smaller.stdout + smaller.stderr == "", "who has the larger set has the smaller"
    assert has(checkout, "one")
    assert [each.returncode for each in tampered] == [1, 1], "it is not taken for complete"
    assert "The requirements cannot be installed" in tampered[0].stderr
    assert not has(checkout, "two")


def test_a_linked_environment_is_left_as_it_is(checkout: Path) -> None:
    other = checkout.with_name("other")
    other.mkdir()
    (checkout / ".venv").symlink_to(other)
    ran = run(checkout)
    assert ran.returncode == 0, ran.stderr
    assert list(other.iterdir()) == []


def test_an_unknown_set_is_refused(checkout: Path) -> None:
    assert run(checkout, "requirements.txt").returncode == 2
