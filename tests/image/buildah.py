"""buildah, with a separate store: images made here take no name in the user's own store."""

import json
import subprocess
from pathlib import Path
from typing import Any


class Buildah:
    def __init__(self, folder: Path) -> None:
        self._command = ["buildah", "--root", str(folder / "store"), "--runroot", str(folder / "run")]

    def say(self, *arguments: str) -> str:
        """Run a command, and return its output.

        Raises:
            subprocess.CalledProcessError: if it fails; its error goes to the terminal.
        """
        return subprocess.run(
            [*self._command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True
        ).stdout.strip()

    def has(self, image: str) -> bool:
        command = [*self._command, "inspect", "--type", "image", image]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0

    def build(self, image: str, *, source: Path, log: Path) -> None:
        """Build the Dockerfile of `source`; nothing is pulled, and unchanged steps come from the cache.

        In a chroot, because many machines do not allow a container in a container.

        Raises:
            subprocess.CalledProcessError: if it fails; the log says why.
        """
        settings = ["--isolation", "chroot", "--network", "host", "--pull=never", "--format", "docker", "--layers"]
        with log.open("wb") as file:
            subprocess.run(
                [*self._command, "build", *settings, "--tag", image, str(source)],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                check=True,
            )

    def settings(self, image: str) -> dict[str, Any]:
        """The image's run settings, in Docker's form."""
        found: dict[str, Any] = json.loads(self.say("inspect", "--type", "image", image))
        return dict(found["Docker"]["config"])

    def size(self, image: str) -> int:
        """Megabytes, all layers together."""
        [found] = json.loads(self.say("images", "--json", image))
        number, unit = str(found["size"]).split()
        return round(float(number) * {"MB": 1, "GB": 1000}[unit])
