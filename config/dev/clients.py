"""Makes the two clients of docs/clients: generates their cores from docs/openapi.yaml, and packs them.

`make clients` runs it. All happens in a copy, so that nothing generated is beside what is written by hand.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from config.dev import openapi

CLIENTS: Final = openapi.FILE.parent / "clients"
PYTHON: Final = CLIENTS / "python"
TYPESCRIPT: Final = CLIENTS / "typescript"
INSTALL: Final = "npm ci --prefix docs/clients/typescript"
MADE: Final = shutil.ignore_patterns("node_modules", "dist", "*.tgz", "__pycache__", ".*_cache")


class CannotPack(Exception):
    """A program has failed; the message is its output."""


def main() -> int:
    """Pack both; 1 with a line if the tools of one are missing."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            made = pack_python(generate_python(Path(folder) / "python"), into=PYTHON / "dist")
            print("Packed", *(file.relative_to(openapi.FILE.parents[1]) for file in made))
            if shutil.which("npm") is None:
                print("The TypeScript client needs npm, which is not installed (apt-get install nodejs npm).")
                return 1
            if not (TYPESCRIPT / "node_modules").exists():
                _run(TYPESCRIPT, "npm", "ci")
            tarball = pack_typescript(generate_typescript(Path(folder) / "typescript"), into=TYPESCRIPT)
            print("Packed", tarball.relative_to(openapi.FILE.parents[1]))
    except CannotPack as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def generate_python(folder: Path) -> Path:
    """Copy the Python client to a new folder, with its core."""
    shutil.copytree(PYTHON, folder, ignore=MADE)
    options = ["--meta=none", "--config=generator.yaml", "--output-path=kuvaka_client/core", "--fail-on-warning"]
    _run(folder, sys.executable, "-m", "openapi_python_client", "generate", "--path", str(openapi.FILE), *options)
    return folder


def pack_python(folder: Path, *, into: Path) -> list[Path]:
    """Pack a copy: a wheel and an sdist."""
    shutil.rmtree(into, ignore_errors=True)
    _run(folder, sys.executable, "-m", "uv", "build", "--offline", "--out-dir", str(into))
    return sorted(into.glob("kuvaka_client-*"))


def generate_typescript(folder: Path) -> Path:
    """Copy the TypeScript client to a new folder, with its core."""
    shutil.copytree(TYPESCRIPT, folder, ignore=MADE)
    (folder / "node_modules").symlink_to(TYPESCRIPT / "node_modules")
    _run(folder, "node_modules/.bin/openapi-ts", "--input", str(openapi.FILE))
    return folder


def pack_typescript(folder: Path, *, into: Path) -> Path:
    """Compile and pack a copy: a tarball for npm."""
    for old in into.glob("*.tgz"):
        old.unlink()
    into.mkdir(exist_ok=True)
    _run(folder, "node_modules/.bin/tsc")
    _run(folder, "npm", "pack", "--pack-destination", str(into))
    [tarball] = into.glob("*.tgz")
    return tarball


def _run(folder: Path, *command: str) -> None:
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise CannotPack(f"{' '.join(command)}:\n{ran.stdout}{ran.stderr}")


if __name__ == "__main__":
    sys.exit(main())
