"""The processes of Kuvaka. Their commands are in the Procfile; `make run`, compose and the image start them from there.

`python -m config.processes NAME` replaces itself by that process, so that the process gets the signals of a container
or a supervisor.
"""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

from config.observability import multiprocess_dir

ROOT: Final = Path(__file__).resolve().parent.parent
PROCFILE: Final = ROOT / "Procfile"
LINE: Final = re.compile(r"^([A-Za-z0-9_-]+):\s+(\S.*)$")

ONCE: Final = "release"
"""The process that runs once, before the others of a new version start, and ends."""

NAME: Final = "KUVAKA_PROCESS"
"""The variable with a process's name in the Procfile, which selects the port of its metrics and its name in traces."""


def parse_procfile() -> dict[str, str]:
    """The command of each process by its name, in the order of the Procfile."""
    matches = (LINE.match(line) for line in PROCFILE.read_text().splitlines())
    return {match[1]: match[2].strip() for match in matches if match}


def command(line: str) -> list[str]:
    """The arguments that start a process: a shell expands the variables, and then becomes the program."""
    return ["sh", "-c", f"exec {line}"]


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """`given` with the programs of this Python first on the PATH, and without Kubernetes' service links.

    For a Service named `stream`, Kubernetes sets STREAM_PORT=tcp://10.0.0.7:8001.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), given.get("PATH", os.defpath)])
    kept = {name: value for name, value in given.items() if not is_service_link(name, value)}
    return {**kept, "PATH": path}


def is_service_link(name: str, value: str) -> bool:
    """Whether a variable is a service link of Kubernetes, and not one of our settings."""
    return name.endswith("PORT") and value.startswith(("tcp://", "udp://"))


def with_metrics(name: str, given: Mapping[str, str]) -> tuple[dict[str, str], multiprocess_dir.Folder | None]:
    """`given` with the name and a metrics folder for the process `name`, which inherits the folder's lock.

    Each started process has its own folder, or it would export what an earlier one had counted. If nothing can be
    written there is no folder, and each of its child processes counts for itself.
    """
    try:
        folder = multiprocess_dir.make()
    except OSError:
        return {**given, NAME: name}, None
    return {**given, NAME: name, multiprocess_dir.VARIABLE: str(folder.path)}, folder


def main(arguments: list[str]) -> NoReturn:
    """Replace this process by the one that `arguments` names."""
    names = parse_procfile()
    if len(arguments) != 1 or arguments[0] not in names:
        sys.exit(f"Usage: python -m config.processes {{{','.join(names)}}}")
    os.chdir(ROOT)
    program = command(names[arguments[0]])
    variables, _ = with_metrics(arguments[0], environment(os.environ))
    os.execvpe(program[0], program, variables)


if __name__ == "__main__":
    main(sys.argv[1:])
