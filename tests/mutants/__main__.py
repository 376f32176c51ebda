"""Run the breaks, one after the other, in a copy of the tree: `python -m tests.mutants [PART …]`.

A part is a table's name (`billing`), or words from the `lets` of a break. First the tests run without any break,
because a test that fails anyway notices nothing. Then each break must make its tests fail.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from tests.mutants import Break
from tests.mutants.table import PARTS
from tests.servers import ROOT

GREEN, RED = 0, 1
"""pytest's exit codes; with any other, the tests did not run."""


def main(wanted: list[str]) -> int:
    breaks = [
        each
        for part, table in PARTS.items()
        for each in table
        if not wanted or part in wanted or any(word in each.lets for word in wanted)
    ]
    if not breaks:
        sys.exit(f"Usage: python -m tests.mutants [{' | '.join(PARTS)} | words of a break]")
    with tempfile.TemporaryDirectory(prefix="kuvaka-mutants-") as folder:
        tree = Path(folder) / "tree"
        _copy(tree)
        print(f"The tests of {len(breaks)} breaks, without a break:", flush=True)
        if _run(tree, sorted({name for each in breaks for name in each.tests.split()}), "") != GREEN:
            return 1
        unnoticed = [each for each in breaks if not _is_noticed(tree, each)]
    print(f"\n{len(breaks) - len(unnoticed)} of {len(breaks)} were noticed.")
    for each in unnoticed:
        print(f"  not: {each.file}: {each.lets}")
    return 1 if unnoticed else 0


def _copy(tree: Path) -> None:
    """Copy all files of git, and those that are neither added nor ignored."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        source, target = ROOT / name, tree / name
        if source.is_file() and not source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def _is_noticed(tree: Path, each: Break) -> bool:
    file = tree / each.file
    whole = file.read_text()
    print(f"{each.file}: {each.lets}: ", end="", flush=True)
    if whole.count(each.text) != 1:
        print(f"the text is in the file {whole.count(each.text)} times")
        return False
    began = time.monotonic()
    try:
        file.write_text(whole.replace(each.text, each.broken))
        code = _run(tree, each.tests.split(), "-x")
    finally:
        file.write_text(whole)
    said = {GREEN: "NOT NOTICED", RED: "noticed"}.get(code, f"THE TESTS DID NOT RUN ({code})")
    print(f"{said} ({time.monotonic() - began:.0f} s)", flush=True)
    return code == RED


def _run(tree: Path, tests: Iterable[str], *options: str) -> int:
    """Run tests of the copy, which start their own servers; their output is shown if they should pass."""
    # PYTHONPATH is the copy, so that nothing is imported from here; the rest of the environment is inherited.
    variables = {**os.environ, "PYTHONPATH": str(tree)}
    variables.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", *filter(None, options)]
    shown = None if "-x" not in options else subprocess.DEVNULL
    paths = [f"tests/{name}" for name in tests]
    return subprocess.run(
        [*command, *paths], cwd=tree, env=variables, stdout=shown, stderr=shown, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
