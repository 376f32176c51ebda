"""`make image-test`: checks the requirements, builds the image, and runs each of its processes.

`--fresh` deletes what earlier runs have built, including the stand-in for the base image.
"""

import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from config import processes
from config.dev import embedded
from tests import servers
from tests.image import base
from tests.image.buildah import Buildah
from tests.image.checks import Report, check_processes

FOLDER: Final = embedded.ROOT_FOLDER / "image-test"
IMAGE: Final = "localhost/kuvaka:image-test"
PROGRAMS: Final = ("buildah", "debootstrap", "runc")


def main(arguments: list[str]) -> int:
    """Build, run and check; return the exit code."""
    if lack := missing():
        print(f"make image-test needs {lack}.", file=sys.stderr)
        return 1
    if arguments == ["--fresh"] and FOLDER.exists():
        _delete_store()
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with embedded.hold(FOLDER):
            return _run(Buildah(FOLDER))
    except (embedded.EmbeddedError, ValueError, subprocess.SubprocessError) as error:
        print(f"{error}\nLogs are in {FOLDER}.", file=sys.stderr)
        return 1


def missing() -> str:
    """The requirements that this machine lacks, as a text; empty if it has all."""
    programs = [name for name in PROGRAMS if shutil.which(name) is None]
    lacks = [f"Debian's packages {', '.join(programs)} (apt-get install {' '.join(programs)})"] if programs else []
    return " and ".join(["root", *lacks] if os.geteuid() != 0 else lacks)


def _run(buildah: Buildah) -> int:
    wanted = base.named_in((processes.ROOT / "Dockerfile").read_text())
    if not buildah.has(wanted.full_name):
        _step(f"Making a stand-in for {wanted.name} from Debian's packages")
        base.make(wanted, buildah, FOLDER)
    _step("Building the Dockerfile")
    begun = time.monotonic()
    buildah.build(IMAGE, source=processes.ROOT, log=FOLDER / "build.log")
    whole, below = buildah.size(IMAGE), buildah.size(wanted.full_name)
    _step(f"Built in {time.monotonic() - begun:.0f} s: {whole} MB, of which {below} MB are the base image")
    with ExitStack() as stack:
        container = buildah.say("from", "--pull=never", IMAGE)
        stack.callback(buildah.say, "rm", container)
        root = Path(buildah.say("mount", container))
        urls = stack.enter_context(servers.running())
        report = Report()
        check_processes(root, image=buildah.settings(IMAGE), urls=urls, folder=FOLDER, report=report)
    buildah.say("rmi", "--prune")  # the image that the tag named before
    _step(f"{len(report.faults)} faults; logs are in {FOLDER}" if report.faults else "No faults.")
    return 1 if report.faults else 0


def _delete_store() -> None:
    """Delete the store; its layers are mounted as long as a container exists."""
    Buildah(FOLDER).say("rm", "--all")
    Buildah(FOLDER).say("rmi", "--all", "--force")
    shutil.rmtree(FOLDER)


def _step(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
