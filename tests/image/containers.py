"""Containers of one image, run by runc as compose.yaml has them run.

The root cannot be written to, /tmp is a tmpfs of 64 MB, the user is the image's, no capability is left and none can be
gained. The network is this machine's, so that they find servers on its loopback interface.
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

PATIENCE: Final = 60
"""Seconds that a command inside may take."""

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
        """Write down how it is to be run.

        Args:
            name: of the process, in the Procfile.
            root: where the image is mounted; several containers may share it.
            folder: for what runc has to know, and the log.
            image: the image's settings, as Docker reads them.
            settings: the process's environment, beside the image's.
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
        """Run a command beside the process, as a health check is."""
        return subprocess.run(
            [*self._runc, "exec", self._id, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def stop(self, signal_name: str, *, seconds: float) -> int | None:
        """Ask the process to end as Docker does, and return its exit code; None if it does not within the time."""
        subprocess.run([*self._runc, "kill", self._id, signal_name], capture_output=True, check=False)
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(timeout=seconds)
        return None

    def remove(self) -> None:
        """End whatever is left of it."""
        subprocess.run([*self._runc, "delete", "--force", self._id], capture_output=True, check=False)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        shutil.rmtree(self._bundle, ignore_errors=True)

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
