"""What the packed clients say about themselves, and their types."""

import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import config
from config.dev import clients
from tests.client_packages import packing

FETCH = packing.HERE / "fetch"


def test_both_have_the_version_of_the_server() -> None:
    python = tomllib.loads((clients.PYTHON / "pyproject.toml").read_text())["project"]
    typescript = json.loads((clients.TYPESCRIPT / "package.json").read_text())
    locked = json.loads((clients.TYPESCRIPT / "package-lock.json").read_text())["version"]
    assert python["version"] == typescript["version"] == locked == config.VERSION
    assert f"kuvaka_client-{config.VERSION}-py3" in (clients.PYTHON / "README.md").read_text()
    assert f"kuvaka-client-{config.VERSION}.tgz" in (clients.TYPESCRIPT / "README.md").read_text()


@pytest.mark.faults
def test_the_python_client_has_strict_types(clients_folder: Path) -> None:
    packed = packing.packed_python(clients_folder / "python")
    options = ["--strict", "--config-file=", f"--cache-dir={packed.folder / 'mypy'}"]
    programs = [str(packing.HERE / name) for name in ("program.py", "tour.py")]
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "kuvaka_client", *programs],
        cwd=packed.folder / "source",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.faults
def test_the_python_packages_hold_the_core_and_types(clients_folder: Path) -> None:
    packed = packing.packed_python(clients_folder / "python")
    [wheel, sdist] = sorted((packed.folder / "dist").glob("kuvaka_client-*"))
    assert [wheel.name, sdist.name] == [
        f"kuvaka_client-{config.VERSION}-py3-none-any.whl",
        f"kuvaka_client-{config.VERSION}.tar.gz",
    ]
    needed = {f"kuvaka_client/{name}" for name in ("client.py", "py.typed", "core/client.py", "core/models/message.py")}
    assert needed <= set(zipfile.ZipFile(wheel).namelist())
    with tarfile.open(sdist) as archive:
        assert {f"kuvaka_client-{config.VERSION}/{name}" for name in needed} <= set(archive.getnames())


@pytest.mark.faults
@pytest.mark.needs_node
def test_the_typescript_package_holds_code_and_types(clients_folder: Path) -> None:
    packed = packing.packed_typescript(clients_folder / "typescript")
    with tarfile.open(packed.folder / "dist" / f"kuvaka-client-{config.VERSION}.tgz") as archive:
        names = set(archive.getnames())
    assert {"package/package.json", "package/README.md", "package/lib/index.js", "package/lib/index.d.ts"} <= names
    assert [name for name in names if not re.match(r"package/(lib/|README|package\.json)", name)] == []
    assert json.loads((clients.TYPESCRIPT / "tsconfig.json").read_text())["compilerOptions"]["strict"] is True


@pytest.mark.parametrize("folder", [clients.TYPESCRIPT, FETCH], ids=["typescript", "fetch"])
def test_packages_are_pinned_without_a_fixed_registry(folder: Path) -> None:
    asked = json.loads((folder / "package.json").read_text())
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    packages = {name: each for name, each in locked.items() if name}
    tools = asked.get("devDependencies") or asked["dependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in tools} == tools
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert [name for name, each in packages.items() if "resolved" in each] == []


def test_the_client_needs_one_package_to_run() -> None:
    """It is copied into other people's programs: a further dependency is a decision."""
    assert list(json.loads((clients.TYPESCRIPT / "package.json").read_text())["dependencies"]) == ["standardwebhooks"]
