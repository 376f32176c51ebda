"""buildah, with a store of its own: what is made here takes no name in the store of whoever runs it."""

import json
import subprocess
from pathlib import Path
from typing import Any


class Buildah:
    """Gives commands to buildah."""

    def __init__(self, folder: Path) -> None:
        self._command = ["buildah", "--root", str(folder / "store"), "--runroot", str(folder / "run")]

    def say(self, *arguments: str) -> str:
        """Give a command, and return what it prints.

        Raises:
            subprocess.CalledProcessError: if it fails; its complaint goes to the terminal.
        """
        return subprocess.run(
            [*self._command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True
        ).stdout.strip()

    def has(self, image: str) -> bool:
        """Whether there is an image of that name."""
        command = [*self._command, "inspect", "--type", "image", image]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0

    def build(self, image: str, *, source: Path, log: Path) -> None:
        """Build the Dockerfile of `source`; nothing is pulled, and steps that have not changed are not done again.

        In a chroot, since a container within a container is more than many machines allow.

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
        """What the image says of how it is run, as Docker reads it."""
        told: dict[str, Any] = json.loads(self.say("inspect", "--type", "image", image))
        return dict(told["Docker"]["config"])

    def size(self, image: str) -> int:
        """Megabytes, all layers together."""
        [told] = json.loads(self.say("images", "--json", image))
        number, unit = str(told["size"]).split()
        return round(float(number) * {"MB": 1, "GB": 1000}[unit])
