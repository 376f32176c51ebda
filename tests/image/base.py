"""A stand-in for the base image in the Dockerfile, made from Debian's packages: no registry is needed."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from tests.image.buildah import Buildah

PACKAGES: Final = "python3,python3-venv,ca-certificates"
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
NAME: Final = re.compile(r"python:(?P<python>3\.\d+)-slim-(?P<suite>[a-z]+)")
LABEL: Final = "kuvaka.stand-in"


class Base(NamedTuple):
    """The base image of the Dockerfile."""

    name: str
    python: str
    suite: str

    @property
    def full_name(self) -> str:
        """The name in Docker's form, which buildah needs."""
        return f"docker.io/library/{self.name}"


def named_in(dockerfile: str) -> Base:
    """Find the base image.

    Raises:
        ValueError: if there are several, or it is not a Python image on Debian.
    """
    stages = {match[1] for match in re.finditer(r"^FROM \S+ AS (\S+)$", dockerfile, re.MULTILINE)}
    names = {match[1] for match in re.finditer(r"^FROM (\S+)", dockerfile, re.MULTILINE)} - stages
    if len(names) == 1 and (match := NAME.fullmatch(name := names.pop())):
        return Base(name=name, python=match["python"], suite=match["suite"])
    raise ValueError(f"The Dockerfile's base is not one python:3.x-slim-<Debian's release>: {sorted(names)}")


def make(base: Base, buildah: Buildah, folder: Path) -> None:
    """Make the image with debootstrap; takes seconds, and downloads about 100 MB.

    It gets the CA certificates of this machine, because package registries may be behind a proxy.

    Raises:
        ValueError: if that release of Debian has another Python.
        subprocess.CalledProcessError: if a program fails.
    """
    root = folder / "base"
    shutil.rmtree(root, ignore_errors=True)
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", base.suite, str(root), *_mirror(base.suite)]
    with (folder / "debootstrap.log").open("wb") as log:
        subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=True)
    python = root / "usr" / "bin" / f"python{base.python}"
    if not python.exists():
        raise ValueError(f"Debian's {base.suite} has no Python {base.python}, which {base.name} needs.")
    for left in ("var/cache/apt", "var/lib/apt/lists"):
        shutil.rmtree(root / left)
    (root / "usr" / "bin" / "python").symlink_to(python.name)
    shutil.copy(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
    container = buildah.say("from", "scratch")
    try:
        subprocess.run(["cp", "--archive", f"{root}/.", buildah.say("mount", container)], check=True)
        buildah.say("config", "--env", f"SSL_CERT_FILE={CERTIFICATES}", "--label", f"{LABEL}=true", container)
        buildah.say("commit", "--quiet", container, base.full_name)
    finally:
        buildah.say("rm", container)
    shutil.rmtree(root)


def _mirror(suite: str) -> list[str]:
    """The address from which apt gets that release, if this machine has one; otherwise debootstrap uses its default."""
    command = ["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = (line.partition(" ") for line in output.splitlines())
    return [address for release, _, address in found if release == suite][:1]
