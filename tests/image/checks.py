"""The checks of the image's processes, which run as in production: only /tmp is writable."""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import requests

from config import alive, processes
from config.dev.embedded import Urls
from tests.image.containers import Container
from tests.ports import free_port

READY_TIMEOUT: Final = 90.0
"""Seconds for a process to be ready."""

GRACE: Final = 35.0
"""Seconds in which a process must end: the longest stop_grace_period of compose.yaml."""

ENDED: Final = (0, 128 + 15)
"""Exit codes of a process that ended on a signal."""

INSIDE: Final = """\
import os, pathlib
def writable(folder):
    try:
        (pathlib.Path(folder) / "probe").write_text("")
    except OSError:
        return False
    return True
status = dict(line.split(":", 1) for line in pathlib.Path("/proc/1/status").read_text().splitlines())
folders = [folder for folder in ("/", "/app", "/venv", "/etc", "/var/tmp", "/tmp") if writable(folder)]
print(os.getuid(), os.getgid(), int(status["CapBnd"], 16), status["NoNewPrivs"].strip(), *folders)
"""
EXPECTED: Final = "10001 10001 0 1 /tmp"


class Report:
    """Prints each check, and collects those that failed."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def add(self, what: str, fault: object) -> None:
        """Print a check; it has failed if `fault` is not empty."""
        print(f"  {'WRONG' if fault else 'ok':<6}{what}{f': {fault}' if fault else ''}", flush=True)
        if fault:
            self.faults.append(what)


def check_processes(root: Path, *, image: Mapping[str, Any], urls: Urls, folder: Path, report: Report) -> None:
    """Run every process of the Procfile from the image that is mounted at `root`."""
    settings = production(urls)

    def start(name: str) -> Container:
        return Container(name, root=root, folder=folder, image=image, settings=settings)

    with ExitStack() as stack:
        release = start(processes.ONCE)
        stack.callback(release.remove)
        code = release.process.wait(timeout=READY_TIMEOUT)
        report.add("release ends with 0", code and f"{code}\n{release.last_words()}")

        running = {name: start(name) for name in processes.parse_procfile() if name != processes.ONCE}
        for container in running.values():
            stack.callback(container.remove)
        for name, port in (("web", settings["PORT"]), ("stream", settings["STREAM_PORT"])):
            _until(report, f"{name}: /readyz says ok", running[name], partial(_is_ready, port))
        for name in alive.NAMES:
            _until(report, f"{name}: config.alive ends with 0", running[name], partial(_is_alive, running[name]))
        _check_isolation(running, image, report)
        report.add("web, worker, stream: a message is answered, and streamed", _conversation(settings))
        report.add("check_stack: nothing is wrong except for the missing proxy", _check_stack(running["web"]))
        for name, container in running.items():
            ended = container.stop(image["StopSignal"], seconds=GRACE)
            report.add(f"{name}: ends on the stop signal", ended not in ENDED and f"{ended}\n{container.last_words()}")


def production(urls: Urls) -> dict[str, str]:
    """Settings as in production, except that responses contain the codes and a stand-in replaces Gemini."""
    port, stream_port = str(free_port()), str(free_port())
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_SIGNING_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "127.0.0.1",
        "WEB_ORIGIN": f"https://127.0.0.1:{port}",
        "STREAM_ORIGIN": f"https://127.0.0.1:{stream_port}",
        "HOST": "127.0.0.1",
        "PORT": port,
        "STREAM_PORT": stream_port,
        "PROXY_HOPS": "1",
        "DATABASE_URL": urls.database_url,
        "REDIS_URL": urls.redis_url,
        "GEMINI_CLIENT": "stand-in",
        "SMS_DELIVERY": "response",
        "SHOW_CODES_TO_ANYONE": "true",
    }


def _check_isolation(running: Mapping[str, Container], image: Mapping[str, Any], report: Report) -> None:
    for name, container in running.items():
        result = container.run("python", "-c", INSIDE)
        seen = f"{result.stdout}{result.stderr}".strip()
        report.add(
            f"{name}: no root, no capabilities, only /tmp is writable",
            seen != EXPECTED and f"{seen}, and not {EXPECTED}",
        )
    kind, *command = image["Healthcheck"]["Test"]
    result = running["web"].run(*command)
    report.add("web: the image's health check ends with 0", (kind, result.returncode) != ("CMD", 0) and result.stderr)


def _until(report: Report, what: str, container: Container, condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + READY_TIMEOUT
    while not (fine := condition()) and time.monotonic() < give_up_at and container.process.poll() is None:
        time.sleep(0.5)
    report.add(what, not fine and f"not within {READY_TIMEOUT:.0f} s\n{container.last_words()}")


def _is_ready(port: str) -> bool:
    try:
        response = requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5)
    except requests.RequestException:
        return False
    return response.status_code == HTTPStatus.OK and bool(response.json()["status"] == "ok")


def _is_alive(container: Container) -> bool:
    return container.run("python", "-m", "config.alive", container.name).returncode == 0


def _check_stack(container: Container) -> str:
    """The errors of `check_stack`, except for the two public addresses, where nothing listens with HTTPS."""
    result = container.run("python", "manage.py", "check_stack", "--json")
    try:
        found = json.loads(result.stdout)["findings"]
    except ValueError:
        return f"{result.stdout}{result.stderr}"
    wrong = [f"{each['part']}: {each['said']}" for each in found if each["verdict"] not in ("ok", "warning")]
    return "\n".join(each for each in wrong if not each.startswith(("web: ", "stream: ")))


def _conversation(settings: Mapping[str, str]) -> str:
    """Sign in, send a message and read its stream, like a proxy; return what went wrong."""
    web, stream = (f"http://127.0.0.1:{settings[name]}" for name in ("PORT", "STREAM_PORT"))
    http = requests.Session()
    http.headers.update({"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"})

    def post(path: str, **body: str) -> dict[str, Any]:
        response = http.post(f"{web}{path}", json=body, timeout=30)
        response.raise_for_status()
        return dict(response.json())

    try:
        number = "+919876543210"
        code = post("/auth/send-otp", mobile_number=number)["otp"]
        tokens = post("/auth/verify-otp", mobile_number=number, otp=code)
        http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        room = post("/chatroom", name="Image")["id"]
        message = post(f"/chatroom/{room}/message", content="What is a monsoon?")
        address = message["stream_url"].replace(settings["STREAM_ORIGIN"], stream)
        events = http.get(address, timeout=60).text
        whole = http.get(f"{web}/message/{message['id']}?wait=20", timeout=30).json()
    except (requests.RequestException, KeyError, ValueError) as error:
        return repr(error)
    fine = "event: done" in events and whole["reply"]["status"] == "done" and whole["gemini_response"]
    return "" if fine else f"{events}\n{whole}"
