"""Containers of one image, run by runc with the options of compose.yaml.

The root is read-only, /tmp is a tmpfs of 64 MB, the user is the image's, and there are no capabilities and no new
privileges. The network is this machine's, so that the processes reach servers on its loopback interface.
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from config.dev.child_processes import die_with_parent

COMMAND_TIMEOUT: Final = 60
"""Seconds for a command in the container."""

MOUNTS: Final = (
    ("/proc", "proc", "proc", ()),
    ("/dev", "tmpfs", "tmpfs", ("nosuid", "strictatime", "mode=755", "size=65536k")),
    ("/dev/shm", "tmpfs", "shm", ("nosuid", "noexec", "nodev", "mode=1777", "size=65536k")),
    ("/tmp", "tmpfs", "tmpfs", ("nosuid", "nodev", "mode=1777", "size=64m")),
)


class Container:
    """One process of the image."""

    def __init__(
        self, name: str, *, root: Path, folder: Path, image: Mapping[str, Any], settings: dict[str, str]
    ) -> None:
        """Write its specification, and start it.

        Args:
            name: of the process, in the Procfile.
            root: where the image is mounted; several containers may share it.
            folder: for the specification and the log.
            image: the image's settings, in Docker's form.
            settings: the process's environment, in addition to the image's.
        """
        self.name = name
        self.log = folder / f"{name}.log"
        self._id = f"kuvaka-{os.getpid()}-{name}"
        self._runc = ["runc", "--root", str(folder / "runc")]
        self._bundle = folder / name
        shutil.rmtree(self._bundle, ignore_errors=True)
        self._bundle.mkdir()
        variables = [*image["Env"], *(f"{key}={value}" for key, value in settings.items())]
        uid, _, gid = image["User"].partition(":")
        process = {
            "args": ["python", "-m", "config.processes", name],
            "cwd": image["WorkingDir"],
            "env": variables,
            "user": {"uid": int(uid or 0), "gid": int(gid or 0)},
            "capabilities": {kind: [] for kind in ("bounding", "effective", "permitted", "inheritable", "ambient")},
            "noNewPrivileges": True,
        }
        specification = {
            "ociVersion": "1.0.2",
            "process": process,
            "root": {"path": str(root), "readonly": True},
            "hostname": name,
            "mounts": [
                {"destination": where, "type": kind, "source": source, "options": list(options)}
                for where, kind, source, options in MOUNTS
            ],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")]},
        }
        (self._bundle / "config.json").write_text(json.dumps(specification))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*self._runc, "run", "--bundle", str(self._bundle), self._id],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the container, like a health check."""
        return subprocess.run(
            [*self._runc, "exec", self._id, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_TIMEOUT,
        )

    def stop(self, signal_name: str, *, seconds: float) -> int | None:
        """Stop the process like Docker, and return its exit code; None after a timeout."""
        subprocess.run([*self._runc, "kill", self._id, signal_name], capture_output=True, check=False)
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(timeout=seconds)
        return None

    def remove(self) -> None:
        """Kill the container if it still runs, and delete it."""
        subprocess.run([*self._runc, "delete", "--force", self._id], capture_output=True, check=False)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        shutil.rmtree(self._bundle, ignore_errors=True)

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
