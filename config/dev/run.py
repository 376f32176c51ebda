"""`make run`: all of Kuvaka on this machine, from an empty folder to a running stack.

Starts PostgreSQL and Redis (unless DATABASE_URL and REDIS_URL name others), updates the database, and runs
every process of the Procfile until Ctrl-C.
"""

import errno
import http.client
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from config import environment, processes
from config.dev import embedded, manage, schema
from config.dev.child_processes import has_ended
from config.dev.database_servers import Server
from config.dev.manage import LOOPBACK
from config.dev.server_binaries import ServerError
from config.dev.supervisor import Child, Console, Died, Supervisor, stop_leftovers

NEARLY_FULL: Final = 32 * 1024**2
"""With fewer bytes free on the data's disk, a failure is blamed on it; PostgreSQL's log grows by 16 MB at a time."""

READY_TIMEOUT: Final = 120.0
"""Seconds for the stack to become ready: four Python programs start at once, perhaps on one slow core."""

FIRST: Final = ("web", "stream", "worker")
"""The processes that a first message needs; the others start after them."""


class CannotRun(Exception):
    """Something prevents the stack from running; the message says what to do about it."""


PRETEND_STRIPE: Final = "stripe"
"""The process that is added without a Stripe key. It is not in the Procfile, because platforms would deploy it."""

PRETEND_STRIPE_LINE: Final = (
    'python -m tests.doubles.stripe --port "$PRETEND_STRIPE_PORT" '
    '--state "$DATA_DIR/pretend-stripe.json" --webhook-url "$PRETEND_STRIPE_WEBHOOK"'
)


class Stopped(BaseException):
    """A signal asked the run to end (Ctrl-C, SIGTERM, or the terminal was closed)."""


def main() -> int:
    """Run the stack until it is stopped.

    Returns:
        The exit code: 0 after Ctrl-C or SIGTERM, 1 if something failed.
    """
    names = ("kuvaka", *processes.parse_procfile(), PRETEND_STRIPE)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    console = Console(sys.stdout, colour=colour, names=names)
    with _signals() as supervisors:
        try:
            _run(console, supervisors)
        except Stopped:
            pass
        except (embedded.EmbeddedError, environment.ConfigurationError, ServerError, Died, CannotRun) as error:
            return _log_failure(console, str(error))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return _log_failure(console, f"Nothing more can be written: {error}")
    _log(console, "Stopped.")
    return 0


def _run(console: Console, supervisors: list[Supervisor]) -> None:
    given = manage.given()
    data_dir = manage.data_dir(given)
    with embedded.hold(data_dir):
        settings = manage.adopt(given)
        for name in ("PORT", "STREAM_PORT"):
            _check_port(os.environ["HOST"], int(os.environ.get(name) or settings.PORT), name)
        if "PRETEND_STRIPE_WEBHOOK" in os.environ:
            _check_port(LOOPBACK, int(os.environ["PRETEND_STRIPE_PORT"]), "PRETEND_STRIPE_PORT")
        mark_file = data_dir / "run"
        if count := stop_leftovers(mark_file):
            _log(console, f"Stopped the processes of an earlier run that was killed: {count}.")
        _log(console, f"Starting PostgreSQL and Redis; the data is in {data_dir}")
        services = embedded.services(
            data_dir, debug=settings.DEBUG, database_url=settings.DATABASE_URL, redis_url=settings.REDIS_URL
        )
        with services as (urls, servers):
            os.environ.update(DATABASE_URL=urls.database_url, REDIS_URL=urls.redis_url)
            further = {PRETEND_STRIPE: PRETEND_STRIPE_LINE}
            supervisor = Supervisor(console=console, environment=os.environ, mark_file=mark_file, further=further)
            supervisors.append(supervisor)
            try:
                _serve(console, supervisor, servers=servers, settings=settings)
            finally:
                _log(console, "Stopping; press Ctrl-C again to stop at once.")
                supervisor.stop()


def _serve(
    console: Console, supervisor: Supervisor, *, servers: list[Server], settings: environment.Environment
) -> None:
    if "PRETEND_STRIPE_WEBHOOK" in os.environ:
        supervisor.start(PRETEND_STRIPE)
    _log(console, "Updating the database.")
    release = _begin_release(supervisor)
    _log(console, "Starting the processes.")
    for name in FIRST:
        supervisor.start(name)
    supervisor.finish(release)
    _wait_until_ready(supervisor, settings)
    console.write_plain(_welcome(manage.address(settings), settings))
    for name in processes.parse_procfile():
        if name not in (processes.ONCE, *FIRST):
            supervisor.start(name)
    while not console.broken:
        supervisor.check(restart=True)
        for server in servers:
            if has_ended(server.process):
                raise Died(f"{server.name} ended by itself. The end of {server.log}:\n{server.last_words()}")
        time.sleep(0.2)


def _wait_until_ready(supervisor: Supervisor, settings: environment.Environment) -> None:
    host, deadline = manage.reachable(), time.monotonic() + READY_TIMEOUT
    while not (_is_ready(host, settings.PORT) and _is_ready(host, int(os.environ["STREAM_PORT"]))):
        supervisor.check(restart=False)
        if time.monotonic() > deadline:
            address = manage.address(settings)
            raise CannotRun(f"{address}/readyz did not become ready within {READY_TIMEOUT:.0f} seconds.")
        time.sleep(0.1)
    if "PRETEND_STRIPE_WEBHOOK" in os.environ:
        _wait_for_port(supervisor, int(os.environ["PRETEND_STRIPE_PORT"]))


def _begin_release(supervisor: Supervisor) -> Child:
    """Start the release, and wait until the database is ready for the others; seeding continues beside them."""
    release = supervisor.begin(processes.ONCE)
    while not schema.is_prepared(os.environ["DATABASE_URL"]):
        if has_ended(release.process):
            supervisor.finish(release)
            break
        supervisor.check(restart=False)
        time.sleep(0.1)
    return release


@contextmanager
def _signals() -> Iterator[list[Supervisor]]:
    """Raise `Stopped` at the first signal to stop; a further one only speeds up stopping, which it must not interrupt.

    Yields:
        A list for the supervisors to speed up.
    """
    supervisors: list[Supervisor] = []
    stopping = False

    def handle(_: int, __: FrameType | None) -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            raise Stopped
        for supervisor in supervisors:
            supervisor.hurry = True

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, handle) for number in numbers]
    try:
        yield supervisors
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _wait_for_port(supervisor: Supervisor, port: int) -> None:
    deadline = time.monotonic() + READY_TIMEOUT
    while time.monotonic() < deadline:
        supervisor.check(restart=False)
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.05)
    raise CannotRun(f"The pretend Stripe did not start on port {port}.")


def _check_port(host: str, port: int, name: str) -> None:
    """Check before anything starts that the port is free.

    Raises:
        CannotRun: it is taken, or not available.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = "taken" if error.errno == errno.EADDRINUSE else f"not available ({error.strerror})"
            raise CannotRun(
                f"Port {port} of {host} is {reason}. Stop the program that listens there, "
                f"or set {name}: {name}={port + 1} make run"
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
Kuvaka is ready at {address}: open it in a browser and sign in with any mobile number.
No SMS is sent, the page shows the code. Replies come from {model}.

For programs: the documentation is at {address}/docs. To sign in, request a code and send it back as the otp.

  url={address} json='Content-Type: application/json'
  curl -s $url/auth/send-otp -H "$json" -d '{{"mobile_number": "+919876543210"}}'
  curl -s $url/auth/verify-otp -H "$json" -d '{{"mobile_number": "+919876543210", "otp": "CODE"}}'

Then try this, with the access_token of that response, and the id of the room that the first line creates:

  auth='Authorization: Bearer TOKEN'
  curl -s $url/chatroom -H "$auth" -H "$json" -d '{{"name": "Hello"}}'
  curl -s $url/chatroom/ROOM/message -H "$auth" -H "$json" -d '{{"content": "What can you do?"}}'
  curl -sN "STREAM_URL"      (the stream_url of that response: the reply, while it is written)
  curl -s $url/chatroom/ROOM/messages -H "$auth"

{_pro(settings)}
Or run all of this at once, in a second terminal: {demo}
Ctrl-C stops everything; the data stays.
"""


def _pro(settings: environment.Environment) -> str:
    checkout = """Basic has 10 messages a day. For Pro, open the checkout_url of this response in a browser and pay:

  curl -s -X POST $url/subscribe/pro -H "$auth"
"""
    if settings.STRIPE_SECRET_KEY:
        return checkout
    controls = f"http://{LOOPBACK}:{os.environ['PRETEND_STRIPE_PORT']}/"
    return f"""{checkout}
No money moves: this is a pretend Stripe. Its control page moves time and makes payments fail: {controls}
"""


def _log(console: Console, line: str) -> None:
    console.write("kuvaka", line)


def _log_failure(console: Console, message: str) -> int:
    for line in message.splitlines():
        _log(console, line)
    data_dir = os.environ.get("DATA_DIR", "")
    if os.path.isdir(data_dir) and shutil.disk_usage(data_dir).free < NEARLY_FULL:
        _log(console, f"The disk of {data_dir} is full: free some space, or set DATA_DIR to a folder on another disk.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
