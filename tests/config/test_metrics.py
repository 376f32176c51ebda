"""Metrics: who may read them, what is counted, and that each started process counts for itself."""

import ast
import fcntl
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import cache
from http.server import ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client import REGISTRY

from billing.exceptions import TOKENS_USED_UP, QuotaExceeded
from chatrooms.exceptions import TooManyWaiting
from config import processes
from config.celery import app
from config.dev.supervisor import Console, Supervisor
from config.http import metrics_endpoint
from config.infrastructure import database_metrics
from config.observability import metrics, multiprocess_dir
from gemini.exceptions import ProviderError
from tests.ports import free_ports_in_a_row
from tests.servers import ROOT

TOKEN = "a-token-of-the-tests"
Changed = Callable[[], float]


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


# --- Who may read them ------------------------------------------------------------------------------------------------


def scrape(**headers: str) -> Any:
    return Client().get("/metrics", headers=headers)


def test_with_the_token_they_are_told_whatever_the_host_and_without_a_redirect(settings: Any) -> None:
    settings.DEBUG, settings.METRICS_TOKEN, settings.SECURE_SSL_REDIRECT = False, TOKEN, True
    answer = scrape(authorization=f"Bearer {TOKEN}", host="web:8000")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert "kuvaka_http_requests_total" in answer.content.decode()


@pytest.mark.parametrize("given", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer \xe9"])
def test_without_the_token_they_are_not(settings: Any, given: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    answer = scrape(authorization=given)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer.json()["code"] == "not_authenticated"
    assert answer.json()["request_id"] == answer["X-Request-ID"] != ""
    assert b"kuvaka_" not in answer.content


def test_without_a_token_in_production_there_is_no_such_page(settings: Any) -> None:
    settings.DEBUG = False
    answer = scrape()
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_without_a_token_they_are_open_while_developing(settings: Any) -> None:
    settings.DEBUG = True
    assert scrape().status_code == 200


def test_they_can_only_be_read(settings: Any) -> None:
    settings.DEBUG = True
    answer = Client().post("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


# --- What is counted --------------------------------------------------------------------------------------------------


def test_a_request_is_counted_by_its_route_and_never_by_its_path() -> None:
    labels = {"route": "chatroom/<int:room_id>", "method": "GET", "code": "401"}
    before = value("kuvaka_http_requests_total", **labels)
    Client().get("/chatroom/123456789?q=secret")
    assert value("kuvaka_http_requests_total", **labels) == before + 1
    # Only the names and the labels: in the numbers behind them any digits may stand.
    named = [line.rpartition(" ")[0] for line in metrics_endpoint.exposition().decode().splitlines()]
    assert any(f'route="{labels["route"]}"' in line for line in named)
    assert [line for line in named if "123456789" in line] == []


def test_what_strangers_invent_makes_no_new_label() -> None:
    for number in range(5):
        Client().generic(f"METHOD{number}", f"/nowhere/{number}")
    text = metrics_endpoint.exposition().decode()
    assert 'code="404",method="other",route="none"' in text
    assert "METHOD1" not in text
    assert "nowhere" not in text


def test_a_scrape_is_not_counted_as_a_request(settings: Any) -> None:
    settings.DEBUG = True
    scrape()
    assert b"/metrics" not in metrics_endpoint.exposition()


def test_models_beyond_a_number_share_a_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_models", set())
    labels = [metrics.model_label(f"model-{number}") for number in range(metrics.MODELS + 5)]
    assert len(set(labels)) == metrics.MODELS + 1
    assert labels[-1] == "other"
    assert metrics.model_label("model-0") == "model-0"


@cache
def beginnings() -> dict[str, list[tuple[str, ...]]]:
    """What a process that has done nothing yet tells: the labels of each counter, by its name."""
    script = (
        "import django; django.setup(); from prometheus_client import REGISTRY\n"
        "from config.observability import metrics\n"
        "ours = [each for each in REGISTRY.collect() if each.type == 'counter' and each.name.startswith('kuvaka_')]\n"
        "told = {each.name: [one for one in each.samples if one.name.endswith('_total')] for each in ours}\n"
        "assert not any(one.value for samples in told.values() for one in samples)\n"
        "print({name: [tuple(one.labels.values()) for one in samples] for name, samples in told.items()})\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    told: dict[str, list[tuple[str, ...]]] = ast.literal_eval(done.stdout)
    return told


def beginning(name: str) -> set[tuple[str, ...]]:
    """The labels of a metric of `config.observability.metrics`, each at 0, before anything happened."""
    [family] = getattr(metrics, name).collect()
    return set(beginnings()[family.name])


def test_failures_and_tries_put_off_begin_at_0_for_every_code() -> None:
    errors = {each.code: each for each in all_of(ProviderError)}
    ours = {"internal_error", "worker_lost", *(each.code for each in TOKENS_USED_UP)}
    ends = {("failed", code) for code in ({*errors} - {ProviderError.code}) | ours}
    assert beginning("replies") == ends | {("done", ""), ("stopped", "")}
    retried = {code for code, each in errors.items() if each.retryable}
    assert beginning("tries_put_off") == {(code,) for code in retried | {"internal_error"}}


def all_of(kind: type[ProviderError]) -> Iterator[type[ProviderError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from all_of(each)


def test_refusals_begin_at_0() -> None:
    codes = {(each.code,) for each in (QuotaExceeded, *TOKENS_USED_UP, TooManyWaiting)}
    assert beginning("quota_refusals") == codes


def test_publish_failures_begin_at_0_for_every_task_that_is_published() -> None:
    for each in ("accounts", "billing", "chatrooms"):
        import_module(f"{each}.tasks")
    app.finalize()  # which makes the schedule, if no other test has done so
    periodic = {line["task"] for line in app.conf.beat_schedule.values()}
    ours = {name for name in app.tasks if name.partition(".")[0] in ("accounts", "billing", "chatrooms")}
    assert beginning("publish_failures") == {(name,) for name in ours - periodic}


def test_the_ends_of_streams_begin_at_0() -> None:
    assert beginning("streams") >= {("200", end) for end in ("told", "too_slow", "stream_unavailable")}
    assert beginning("streams") >= {("503", "")}


# --- What the database knows ------------------------------------------------------------------------------------------


def told() -> dict[str, float]:
    samples = [sample for family in database_metrics.Collector().collect() for sample in family.samples]
    return {f"{sample.name}{''.join(sample.labels.values())}": sample.value for sample in samples}


@pytest.mark.django_db
def test_the_database_is_asked_for_what_only_it_knows() -> None:
    assert told() == {
        "kuvaka_replies_unfinishedqueued": 0,
        "kuvaka_replies_unfinishedgenerating": 0,
        "kuvaka_queue_age_seconds": 0,
        "kuvaka_webhook_oldest_seconds": 0,
        "kuvaka_service_tokens_today": 0,
        "kuvaka_service_tokens_ceiling": 50_000_000,
        "kuvaka_database_up": 1,
    }


def test_without_the_database_the_scrape_says_so_after_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def away() -> float:
        asked.append(1)
        raise OperationalError

    questions = {
        name: database_metrics.Question(name=name, documentation="", ask=away) for name in ("kuvaka_a", "kuvaka_b")
    }
    monkeypatch.setattr(database_metrics, "questions", questions)
    monkeypatch.setattr(database_metrics, "connection", SimpleNamespace(close=lambda: None))
    assert told() == {"kuvaka_database_up": 0}
    assert asked == [1]


# --- A folder for each process ----------------------------------------------------------------------------------------

COUNTING = """
import os, sys, time
from config.observability import metrics
metrics.reaps.inc()
metrics.generations.inc()
print("counted", flush=True)
sys.stdin.readline()
"""
TELLING = (
    "import django; django.setup(); from config.http.metrics_endpoint import exposition; print(exposition().decode())"
)


def python(script: str, folder: Path, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, multiprocess_dir.VARIABLE: str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **more,
    )


def tell(folder: Path) -> str:
    output, _ = python(TELLING, folder).communicate()
    return output


def test_several_processes_of_one_folder_are_told_as_one_and_dead_ones_are_not_in_flight(tmp_path: Path) -> None:
    first, second = python(COUNTING, tmp_path), python(COUNTING, tmp_path)
    for each in (first, second):
        assert each.stdout is not None
        assert each.stdout.readline() == "counted\n"
    together = tell(tmp_path)
    first.kill()
    first.communicate()
    after = tell(tmp_path)
    second.communicate("\n")

    assert "kuvaka_reaps_total 2.0" in together
    assert "kuvaka_generations_in_flight 2.0" in together
    assert "kuvaka_reaps_total 2.0" in after
    assert "kuvaka_generations_in_flight 1.0" in after


def test_a_folder_is_removed_when_its_process_is_dead_and_not_before(tmp_path: Path) -> None:
    living = multiprocess_dir.make(parent=tmp_path)
    dead = multiprocess_dir.make(parent=tmp_path)
    dead.release()
    fresh = multiprocess_dir.make(parent=tmp_path)
    assert [path.exists() for path in (living.path, dead.path, fresh.path)] == [True, False, True]
    for folder in (living, fresh):
        folder.release()


def test_one_that_was_left_without_a_lock_is_removed_too(tmp_path: Path) -> None:
    (tmp_path / "half-made").mkdir()
    multiprocess_dir.make(parent=tmp_path).release()
    assert not (tmp_path / "half-made").exists()


def test_a_folder_that_somebody_else_has_put_there_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    folder = multiprocess_dir.make(parent=tmp_path / "link")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert folder.path.is_dir()
    folder.release()


@pytest.fixture
def no_sweeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the folders where no other process of this machine removes those of dead ones before they are looked at."""
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))


def test_a_started_process_holds_a_folder_of_its_own_until_it_ends(no_sweeper: None) -> None:
    variables, folder = processes.counting("worker", os.environ)
    assert folder is not None
    assert variables[processes.NAME] == "worker"
    assert variables[multiprocess_dir.VARIABLE] == str(folder.path)
    with subprocess.Popen(["sleep", "60"], pass_fds=[folder.descriptor]) as process:
        folder.release()
        assert is_held(folder.path)
        process.kill()
    assert not is_held(folder.path)


def test_where_nothing_can_be_written_a_process_starts_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/proc/nowhere")
    variables, folder = processes.counting("worker", {"A": "1"})
    assert (variables, folder) == ({"A": "1", processes.NAME: "worker"}, None)


def test_each_start_under_make_run_gets_a_fresh_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_sweeper: None
) -> None:
    monkeypatch.setattr(processes, "command", lambda line: ["sh", "-c", f"echo ${multiprocess_dir.VARIABLE}; sleep 60"])
    with (tmp_path / "output").open("w") as output:
        console = Console(output, colour=False, names=("web",))
        supervisor = Supervisor(console=console, environment=os.environ, mark_file=tmp_path / "mark")
        children = [supervisor._start("web"), supervisor._start("web")]
        give_up_at = time.monotonic() + 60
        while not all(child.lines for child in children):
            assert time.monotonic() < give_up_at
            time.sleep(0.02)
        folders = {Path(child.lines[0]) for child in children}
        held = [is_held(folder) for folder in folders]
        for child in children:
            child.process.kill()
            child.process.wait()
    assert len(folders) == 2
    assert held == [True, True]


def is_held(folder: Path) -> bool:
    with (folder / multiprocess_dir.LOCK).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


# --- The port of the other processes ----------------------------------------------------------------------------------


@pytest.fixture
def served(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Serve the metrics of a process of this name, and return where."""
    servers: list[Any] = []
    make = metrics_endpoint._server

    def keep(host: str, port: int) -> Any:
        servers.append(make(host, port))
        return servers[-1]

    monkeypatch.setattr(metrics_endpoint, "_server", keep)
    monkeypatch.setenv("HOST", "127.0.0.1")
    settings.METRICS_PORT = free_ports_in_a_row(len(metrics_endpoint.PORTS))

    def serve(name: str) -> str:
        settings.KUVAKA_PROCESS = name
        metrics_endpoint.serve()
        return f"http://127.0.0.1:{settings.METRICS_PORT + metrics_endpoint.PORTS.get(name, 0)}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def get(url: str, **headers: str) -> tuple[int, str]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("name", ["worker", "tasks", "stream", "beat"])
def test_each_other_process_has_a_port_of_its_own(served: Callable[[str], str], name: str) -> None:
    status, text = get(served(name) + "/metrics")
    assert status == 200
    assert "kuvaka_reaps_total" in text
    assert len(set(metrics_endpoint.PORTS.values())) == 4


def test_the_port_asks_for_the_token_too_and_has_nothing_else(settings: Any, served: Callable[[str], str]) -> None:
    settings.METRICS_TOKEN = TOKEN
    url = served("worker")
    assert get(url + "/metrics")[0] == 401
    assert get(url + "/metrics", Authorization=f"Bearer {TOKEN}")[0] == 200
    assert get(url + "/", Authorization=f"Bearer {TOKEN}")[0] == 404


def test_a_port_that_is_taken_is_logged_and_harms_nobody(served: Callable[[str], str], logged: Any) -> None:
    served("worker")
    served("worker")
    assert "metrics_not_served" in logged.getvalue()


@pytest.mark.parametrize("name", ["web", ""])
def test_nobody_else_listens(served: Callable[[str], str], name: str) -> None:
    with pytest.raises(urllib.error.URLError):
        get(served(name))


def test_a_scraper_that_hangs_up_is_no_error(
    served: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, logged: Any
) -> None:
    gone, ended = threading.Event(), threading.Event()

    def slow() -> bytes:
        assert gone.wait(60)
        return b"x" * 10_000_000

    def shutdown_request(self: Any, request: Any) -> None:
        ThreadingHTTPServer.shutdown_request(self, request)
        ended.set()

    monkeypatch.setattr(metrics_endpoint, "exposition", slow)
    monkeypatch.setattr(metrics_endpoint._Server, "shutdown_request", shutdown_request)
    port = int(served("worker").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as scraper:
        scraper.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        scraper.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # it resets the connection
    gone.set()
    assert ended.wait(60)
    assert logged.getvalue() == ""


def test_a_scrape_that_fails_here_is_one(
    served: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, logged: Any
) -> None:
    def broken() -> bytes:
        raise ValueError

    monkeypatch.setattr(metrics_endpoint, "exposition", broken)
    with pytest.raises(OSError, match="closed connection"):
        get(served("worker") + "/metrics")
    assert "scrape_failed" in logged.getvalue()
