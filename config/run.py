"""`make run`: the whole of Kuvaka on this machine, from an empty folder to addresses that answer.

Starts PostgreSQL and Redis (unless DATABASE_URL and REDIS_URL name others), brings the database up to date, and runs
every process of the Procfile until Ctrl-C.
"""

import errno
import http.client
import ipaddress
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from dotenv import dotenv_values

from config import embedded, environment, processes
from config.server_programs import ServerError
from config.servers import Server
from config.supervisor import Console, Died, Supervisor, stop_leftovers

LOOPBACK: Final = "127.0.0.1"
NEARLY_FULL: Final = 32 * 1024**2
"""Bytes free on the data's disk below which a failure is put down to it; PostgreSQL's log grows by 16 MB at a time."""

READY_PATIENCE: Final = 120.0
"""Seconds that the stack has to get ready: four Python programs start at once, perhaps on one slow core."""


class CannotRun(Exception):
    """Something keeps the stack from running; the message says what to do about it."""


class Stopped(BaseException):
    """Somebody asked for the end (Ctrl-C, SIGTERM, or the terminal closed)."""


def main() -> int:
    """Run the stack until somebody stops it.

    Returns:
        The exit code: 0 after Ctrl-C or SIGTERM, 1 if something failed.
    """
    names = ("kuvaka", *processes.parse_procfile())
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    console = Console(sys.stdout, colour=colour, names=names)
    with _signals() as supervisors:
        try:
            _run(console, supervisors)
        except Stopped:
            pass
        except (embedded.EmbeddedError, environment.ConfigurationError, ServerError, Died, CannotRun) as error:
            return _complain(console, str(error))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return _complain(console, f"Nothing more can be written: {error}")
    _tell(console, "Stopped.")
    return 0


def _run(console: Console, supervisors: list[Supervisor]) -> None:
    given = {name: value for name, value in {**_env_file(), **os.environ}.items() if value}
    data_dir = Path(given.get("DATA_DIR") or embedded.default_data_dir()).absolute()
    with embedded.hold(data_dir):
        os.environ |= {**_defaults(data_dir), **given, "DATA_DIR": str(data_dir), "HOST": _host(given.get("HOST", ""))}
        settings = environment.load()
        _check_port(os.environ["HOST"], settings.PORT)
        mark_file = data_dir / "run"
        if count := stop_leftovers(mark_file):
            _tell(console, f"Stopped what an earlier run, which was killed, had left behind (processes: {count}).")
        _tell(console, f"Starting PostgreSQL and Redis; the data is in {data_dir}")
        services = embedded.services(
            data_dir, debug=settings.DEBUG, database_url=settings.DATABASE_URL, redis_url=settings.REDIS_URL
        )
        with services as (urls, servers):
            os.environ.update(DATABASE_URL=urls.database_url, REDIS_URL=urls.redis_url)
            supervisor = Supervisor(console=console, environment=os.environ, mark_file=mark_file)
            supervisors.append(supervisor)
            try:
                _serve(console, supervisor, servers=servers, settings=settings)
            finally:
                _tell(console, "Stopping; Ctrl-C again to be quick about it.")
                supervisor.stop()


def _serve(
    console: Console, supervisor: Supervisor, *, servers: list[Server], settings: environment.Environment
) -> None:
    _tell(console, "Bringing the database up to date; the first time this takes about a minute.")
    supervisor.run_once(processes.ONCE)
    for name in processes.parse_procfile():
        if name != processes.ONCE:
            supervisor.start(name)
    host = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(os.environ["HOST"], os.environ["HOST"])
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}"
    deadline = time.monotonic() + READY_PATIENCE
    while not _is_ready(host, settings.PORT):
        supervisor.check(restart=False)
        if time.monotonic() > deadline:
            raise CannotRun(f"{address}/readyz did not get ready within {READY_PATIENCE:.0f} seconds.")
        time.sleep(0.2)
    console.write_plain(_welcome(address, settings))
    while not console.broken:
        supervisor.check(restart=True)
        for server in servers:
            if server.process.poll() is not None:
                raise Died(f"{server.name} ended by itself. The end of {server.log}:\n{server.last_words()}")
        time.sleep(0.2)


@contextmanager
def _signals() -> Iterator[list[Supervisor]]:
    """Turn the first wish to stop into `Stopped`; a further one only hurries the stopping, which nothing may interrupt.

    Yields:
        A list for the supervisors that are to be hurried.
    """
    supervisors: list[Supervisor] = []
    asked = False

    def ask(_: int, __: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise Stopped
        for supervisor in supervisors:
            supervisor.hurry = True

    wishes = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(wish, ask) for wish in wishes]
    try:
        yield supervisors
    finally:
        for wish, handler in zip(wishes, before, strict=True):
            signal.signal(wish, handler)


def _env_file() -> dict[str, str | None]:
    """Return what the settings will find in the file beside the environment (see `config.environment.load`)."""
    return dotenv_values(os.environ.get("ENV_FILE", environment.ROOT / ".env"))


def _defaults(data_dir: Path) -> dict[str, str]:
    """Return what is set where nothing else sets it: development, on this machine alone, with keys of its own."""
    return {
        "DEBUG": "true",
        "SECRET_KEY": embedded.secret(data_dir=data_dir, name="SECRET_KEY"),
        "JWT_SIGNING_KEY": embedded.secret(data_dir=data_dir, name="JWT_SIGNING_KEY"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore:::celery.platforms",  # several lines from each worker about being root
    }


def _host(given: str) -> str:
    """Return the address to listen on. A name is not taken for one: some shells (tcsh) put the machine's into HOST."""
    try:
        return str(ipaddress.ip_address(given))
    except ValueError:
        return LOOPBACK


def _check_port(host: str, port: int) -> None:
    """Find out before anything starts whether `web` will be able to listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = "taken" if error.errno == errno.EADDRINUSE else f"not to be had ({error.strerror})"
            raise CannotRun(
                f"Port {port} of {host} is {reason}. Stop what listens there, or set PORT: PORT={port + 1} make run"
            ) from None


def _is_ready(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(address: str, settings: environment.Environment) -> str:
    model = "the stand-in (GEMINI_API_KEY=... make run talks to Google)"
    if settings.GEMINI_CLIENT != "stand-in":
        model = f"{settings.GEMINI_MODEL} through {settings.GEMINI_CLIENT}"
    demo = "make demo" if settings.PORT == 8000 else f"PORT={settings.PORT} make demo"
    return f"""
Kuvaka is ready at {address}, and described at {address}/docs
Answers come from {model}.

To sign in, ask for a code and hand it back; no SMS is sent, the code is the otp in the answer:

  url={address} json='Content-Type: application/json'
  curl -s $url/auth/send-otp -H "$json" -d '{{"mobile_number": "+919876543210"}}'
  curl -s $url/auth/verify-otp -H "$json" -d '{{"mobile_number": "+919876543210", "otp": "CODE"}}'

Then try, with the access_token of that answer, and with the id of the room that the first line makes:

  auth='Authorization: Bearer TOKEN'
  curl -s $url/chatroom -H "$auth" -H "$json" -d '{{"name": "Hello"}}'
  curl -s $url/chatroom/ROOM/message -H "$auth" -H "$json" -d '{{"content": "What can you do?"}}'
  curl -s $url/chatroom/ROOM/messages -H "$auth"

Or see all of it at once, in a second terminal: {demo}
Ctrl-C stops everything; the data stays.
"""


def _tell(console: Console, line: str) -> None:
    console.write("kuvaka", line)


def _complain(console: Console, message: str) -> int:
    for line in message.splitlines():
        _tell(console, line)
    data_dir = os.environ.get("DATA_DIR", "")
    if os.path.isdir(data_dir) and shutil.disk_usage(data_dir).free < NEARLY_FULL:
        _tell(console, f"The disk of {data_dir} is full: free some space, or set DATA_DIR to a folder on another disk.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
