"""The packed clients, installed in folders of their own, and the programs that the tests run with them."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from config.dev import clients
from config.dev.child_processes import die_with_parent
from tests import node
from tests.waiting import wait_until

HERE: Final = Path(__file__).resolve().parent

TSCONFIG: Final = {
    "compilerOptions": {
        "strict": True,
        "noUnusedLocals": True,
        "target": "es2022",
        "module": "nodenext",
        "skipLibCheck": False,
        "lib": ["es2023", "dom", "dom.iterable"],
        "types": [],
    }
}


class Running:
    """A program with its output in a file; each line is JSON."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path, errors: Path) -> None:
        self._process, self._output, self._errors = process, output, errors

    def lines(self) -> list[dict[str, Any]]:
        """What it has said so far."""
        whole = self._output.read_bytes().decode().rpartition("\n")[0]
        return [json.loads(line) for line in whole.split("\n") if line]

    def text(self) -> str:
        """The pieces of text so far, after the last restart."""
        pieces: list[str] = []
        for line in self.lines():
            pieces = [] if line.get("type") == "restart" else pieces + [line["text"]] * (line.get("type") == "delta")
        return "".join(pieces)

    def wait_for_text(self, text: str) -> None:
        wait_until(lambda: text in self.text(), f"{text!r} was streamed")

    def lines_at_end(self) -> list[dict[str, Any]]:
        try:
            assert self._process.wait(240) == 0, self._errors.read_text()
        finally:
            self._process.kill()
        return self.lines()


@dataclass
class Packed:
    """A packed client, installed, with its programs."""

    folder: Path
    program: list[str]
    tour: list[str]
    readme: Path
    environment: dict[str, str] = field(default_factory=dict)

    def start(
        self, folder: Path, *arguments: object, url: str, key: str = "kvk", patience: int = 60, **more: str
    ) -> Running:
        """Run the program with its output in `folder`."""
        given = {"KUVAKA_URL": url, "KUVAKA_KEY": key, "KUVAKA_PATIENCE": str(patience), "NO_PROXY": "*", **more}
        output, errors = folder / f"{len(list(folder.iterdir()))}.out", folder / f"{len(list(folder.iterdir()))}.err"
        with output.open("wb") as stdout, errors.open("wb") as stderr:
            process = subprocess.Popen(
                [*self.program, *map(str, arguments)],
                cwd=self.folder,
                env={**os.environ, **self.environment, **given},
                stdout=stdout,
                stderr=stderr,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        return Running(process, output, errors)

    def run(self, folder: Path, *arguments: object, **given: Any) -> list[dict[str, Any]]:
        """Run the program to its end; what it said."""
        return self.start(folder, *arguments, **given).lines_at_end()

    def run_tour(self, url: str, number: str) -> dict[str, Any]:
        """The summary that the tour prints."""
        return dict(json.loads(output_of([*self.tour, url, number], self.folder, self.environment)))

    def run_readme(self, url: str, key: str) -> str:
        """What the first program of its README prints."""
        language, program = re.findall(r"^```(\w+)\n(.*?)^```$", self.readme.read_text(), re.MULTILINE | re.DOTALL)[0]
        file = self.folder / f"readme.{'py' if language == 'python' else language}"
        file.write_text(program)
        given = {"KUVAKA_URL": url, "KUVAKA_KEY": key}
        return output_of([self.program[0], str(file)], self.folder, {**self.environment, **given})


def output_of(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    ran = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment, "NO_PROXY": "*", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout.decode()


def packed_python(folder: Path) -> Packed:
    """The wheel, installed in a folder; what it needs comes from the environment of the tests."""
    with made_once(folder) as is_first:
        if is_first:
            source = clients.generate_python(folder / "source")
            [wheel] = [each for each in clients.pack_python(source, into=folder / "dist") if each.suffix == ".whl"]
            install = ["pip", "install", "--quiet", "--offline", "--no-deps", "--compile-bytecode"]
            install += ["--python", sys.executable, "--target", str(folder / "installed")]
            run([sys.executable, "-m", "uv", *install, str(wheel)])
    environment = {"PYTHONPATH": str(folder / "installed")}
    program, tour = ([sys.executable, str(HERE / name)] for name in ("program.py", "tour.py"))
    return Packed(folder, program, tour, clients.PYTHON / "README.md", environment)


def packed_typescript(folder: Path) -> Packed:
    """The tarball, unpacked where Node.js finds it, and the programs, compiled against its types."""
    tools = node.installed(clients.TYPESCRIPT / "node_modules" / ".bin" / "tsc", "docs/clients/typescript").parent
    with made_once(folder) as is_first:
        if is_first:
            source = clients.generate_typescript(folder / "source")
            tarball = clients.pack_typescript(source, into=folder / "dist")
            modules = folder / "node_modules"
            modules.mkdir()
            with tarfile.open(tarball) as packed:
                packed.extractall(folder, filter="data")
            (folder / "package").rename(modules / "kuvaka-client")
            for name in ("standardwebhooks", "@stablelib", "fast-sha256"):
                (modules / name).symlink_to(clients.TYPESCRIPT / "node_modules" / name)
            compile_programs(tools, folder, HERE / "program.ts", HERE / "tour.ts")
    program, tour = ([node.node(), str(folder / name)] for name in ("program.js", "tour.js"))
    return Packed(folder, program, tour, clients.TYPESCRIPT / "README.md")


def openapi_fetch_tour(folder: Path) -> list[str]:
    """The command that runs the tour of the third generator, compiled."""
    source = HERE / "fetch"
    tools = node.installed(source / "node_modules" / ".bin" / "tsc", "tests/client_packages/fetch").parent
    folder.mkdir()
    (folder / "node_modules").symlink_to(source / "node_modules")
    # A field with a default may be left out of a request; the option is about that.
    options = ["--default-non-nullable=false", "--output", str(folder / "openapi.d.ts")]
    run([str(tools / "openapi-typescript"), str(clients.openapi.FILE), *options])
    compile_programs(tools, folder, source / "tour.ts")
    return [node.node(), str(folder / "tour.js")]


def compile_programs(tools: Path, folder: Path, *programs: Path) -> None:
    for program in programs:
        (folder / program.name).write_text(program.read_text())
    names = [program.name for program in programs]
    (folder / "tsconfig.json").write_text(json.dumps({**TSCONFIG, "files": names}))
    (folder / "package.json").write_text('{"type": "module"}')
    run([str(tools / "tsc"), "--project", str(folder)])


def run(command: list[str]) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"


@contextmanager
def made_once(folder: Path) -> Iterator[bool]:
    """Whether this process is the first that needs the folder; the others wait until it is made."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "done"
        yield not done.exists()
        done.touch()
