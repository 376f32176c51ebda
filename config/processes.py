"""The processes of Kuvaka: the Procfile says what they are, and whatever starts one takes its command from there.

`python -m config.processes NAME` becomes that process, so that it gets the signals of a container or a supervisor.
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
"""The variable by which a process knows which of the Procfile's it is: where it serves its metrics, how it is called in
traces."""


def parse_procfile() -> dict[str, str]:
    """Return the command of each process by its name, in the order of the Procfile, without its comments."""
    matches = (LINE.match(line) for line in PROCFILE.read_text().splitlines())
    return {match[1]: match[2].strip() for match in matches if match}


def command(line: str) -> list[str]:
    """Return what starts a process by its line: the shell fills the variables in, then the program takes its place."""
    return ["sh", "-c", f"exec {line}"]


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return `given` with the programs of this interpreter's installation first on the PATH.

    Without what Kubernetes puts there of a Service called `stream`, say: STREAM_PORT=tcp://10.0.0.7:8001.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), given.get("PATH", os.defpath)])
    kept = {name: value for name, value in given.items() if not is_service_link(name, value)}
    return {**kept, "PATH": path}


def is_service_link(name: str, value: str) -> bool:
    """Whether a variable is one by which Kubernetes tells a container of a Service, and no setting."""
    return name.endswith("PORT") and value.startswith(("tcp://", "udp://"))


def counting(name: str, given: Mapping[str, str]) -> tuple[dict[str, str], multiprocess_dir.Folder | None]:
    """Return `given` for the process `name`, with its name and a folder for its metrics; the process inherits its lock.

    Each started process has a folder of its own, or it would tell what an earlier one had counted. Where nothing can be
    written there is none, and each of its processes counts for itself.
    """
    try:
        folder = multiprocess_dir.make()
    except OSError:
        return {**given, NAME: name}, None
    return {**given, NAME: name, multiprocess_dir.VARIABLE: str(folder.path)}, folder


def main(arguments: list[str]) -> NoReturn:
    """Become the process that `arguments` names."""
    names = parse_procfile()
    if len(arguments) != 1 or arguments[0] not in names:
        sys.exit(f"Usage: python -m config.processes {{{','.join(names)}}}")
    os.chdir(ROOT)
    program = command(names[arguments[0]])
    variables, _ = counting(arguments[0], environment(os.environ))
    os.execvpe(program[0], program, variables)


if __name__ == "__main__":
    main(sys.argv[1:])
