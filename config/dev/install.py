"""Completes the virtual environment .venv of a checkout: `python3.11 config/dev/install.py requirements-run.txt`.

It needs only Python, because it runs before anything is installed. The environment's pip installs uv, which installs
the rest in a tenth of pip's time; where uv is not available, pip installs everything.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
ENVIRONMENT: Final = ROOT / ".venv"
PYTHON: Final = ENVIRONMENT / "bin/python"
UV_REQUIREMENTS: Final = ROOT / "requirements-uv.txt"
SETS: Final = ("requirements-run.txt", "requirements-dev.txt")
"""The possible arguments; each includes those before it."""

PIP: Final = ("-m", "pip", "--disable-pip-version-check")
PINNED: Final = ("--no-deps", "--require-hashes", "-r")
"""The lists include every dependency; `pip check` confirms it afterwards."""


class CannotInstall(Exception):
    """The environment cannot be completed; the message says why, for the terminal."""


def main(arguments: list[str]) -> int:
    """Complete the environment for the requirements that `arguments` names; return the exit code."""
    if len(arguments) != 1 or arguments[0] not in SETS:
        _say(f"Usage: install.py {{{','.join(SETS)}}}")
        return 2
    try:
        complete(arguments[0])
    except CannotInstall as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def complete(wanted: str) -> None:
    """Install the requirements `wanted` (a name of `SETS`) unless they are installed.

    If .venv is a symbolic link, it belongs to another checkout, and nothing is installed into it.
    A set's mark is written last and names the folder and the pins for which the environment is complete. So an
    interrupted, moved or copied environment is made again, and one whose pins have changed is updated.

    Raises:
        CannotInstall: something cannot be made, downloaded or verified.
    """
    if any(_is_complete(name) for name in SETS[SETS.index(wanted) :]):
        return
    if ENVIRONMENT.is_symlink():
        _say(".venv is a link to another environment, which is used as it is.")
        return
    began = time.monotonic()
    for name in SETS:
        _mark(name).unlink(missing_ok=True)
    _make_environment()
    _say(f"Installing what {wanted} pins; later starts skip this ...")
    if not _install_with_uv(wanted):
        _say("uv does not work here, so pip installs them; this takes some minutes ...")
        _run("The requirements cannot be installed", *PIP, "install", "--quiet", *PINNED, wanted)
    _run("The requirements do not fit together", *PIP, "check")
    for name in SETS[: SETS.index(wanted) + 1]:
        _mark(name).write_text(_fingerprint(name))
    _say(f"Installed in {time.monotonic() - began:.0f} s.")


def _mark(name: str) -> Path:
    return ENVIRONMENT / f"complete-{name}"


def _fingerprint(name: str) -> str:
    return f"{ROOT}\n{(ROOT / name).read_text()}"


def _is_complete(name: str) -> bool:
    try:
        return _mark(name).read_text() == _fingerprint(name)
    except OSError:
        return False


def _make_environment() -> None:
    """Make the environment unless it was made here: its programs name their folder, so a moved one does not work."""
    location = ENVIRONMENT / "place"
    if location.exists() and location.read_text() == str(ROOT) and PYTHON.exists():
        return
    _say(f"Making the virtual environment .venv with {sys.executable} ...")
    try:
        import ensurepip  # noqa: F401, PLC0415  a separate package on Debian
    except ImportError:
        raise CannotInstall(
            f"{sys.executable} cannot make virtual environments; on Debian and Ubuntu: apt-get install python3.11-venv"
        ) from None
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=False)
    if made.returncode != 0:
        raise CannotInstall(f"{ENVIRONMENT} cannot be made; the lines above say why.")
    location.write_text(str(ROOT))


def _install_with_uv(wanted: str) -> bool:
    """Install the requirements with uv, bytecode included; return whether that worked.

    What uv prints about downloads is shown; its list of installed packages is not.
    """
    fetched = subprocess.run(
        [PYTHON, *PIP, "install", "--quiet", "--only-binary", ":all:", *PINNED, str(UV_REQUIREMENTS)],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if fetched.returncode != 0:
        return False
    command = [
        str(PYTHON),
        "-m",
        "uv",
        "pip",
        "install",
        "--python",
        str(PYTHON),
        "--compile-bytecode",
        *PINNED,
        wanted,
    ]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as uv:
        assert uv.stderr is not None
        for line in uv.stderr:
            if not line.startswith((" + ", " - ", " ~ ")):
                sys.stderr.write(line)
                sys.stderr.flush()
    return uv.returncode == 0


def _run(failure: str, *arguments: str) -> None:
    ran = subprocess.run([PYTHON, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    if ran.returncode != 0:
        raise CannotInstall(f"{failure}; the lines above say why.")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
