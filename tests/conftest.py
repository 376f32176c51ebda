"""What every test stands on: real PostgreSQL and Redis, and an environment that is nobody's own."""

import atexit
import gc
import io
import logging
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import django
import django_ratelimit.core
import hypothesis
import pytest
import structlog
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client as TestClient
from prometheus_client import REGISTRY
from pytest_django import DjangoDbBlocker
from redis import Redis
from structlog.stdlib import ProcessorFormatter
from xdist.scheduler import LoadScopeScheduling

from config import environment
from config.infrastructure.database import TimeoutConnection
from tests import promised, servers

_cleanup = ExitStack()

for _name in environment.names():
    os.environ.pop(_name, None)
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "ENV_FILE": os.devnull,
    "NO_PROXY": "*",
    "DEBUG": "true",
    "SECRET_KEY": "a-secret-key-for-tests-and-for-nothing-else",
    "JWT_SIGNING_KEY": "a-signing-key-for-tests-and-for-nothing-else",
    "LOG_LEVEL": "INFO",
    "GEMINI_STAND_IN_DELAY": "0",
}


# Here, and not in a hook: pytest-django reads Django's settings as soon as this file is imported.
_urls = _cleanup.enter_context(servers.running())
atexit.register(_cleanup.close)
os.environ |= {"DATABASE_URL": _urls.database_url, "REDIS_URL": _urls.redis_url}
django.setup()

# A machine that stalls would else open the breaker, and for two seconds nothing would be cached or limited.
settings.CACHES["default"]["OPTIONS"] |= {"SOCKET_CONNECT_TIMEOUT": 5, "SOCKET_TIMEOUT": 5}
# And a connection to the database would count as refused.
settings.DATABASES["default"]["OPTIONS"]["connect_timeout"] = 60
settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 60

# How long an example takes says something about the machine alone.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Let the processes of a parallel run (pytest-xdist) find their own servers.

    With this variable in their environment pytest-django would read the settings before this file, and find ours.
    """
    if getattr(config.option, "numprocesses", None):
        del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Make the test database from the template, which takes a second."""
    settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = servers.ensure_template(_urls)


def _has_database(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("django_db") is not None or "db" in request.fixturenames


@pytest.fixture(autouse=True, scope="class")
def _seeds(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> None:
    """Commit the tiers and the roles while the test's own transaction, which would lose them, has not begun.

    pytest-django begins it before any fixture of a function's own; those of a class come earlier.
    """
    if not _has_database(request):
        return
    from billing.models import Tier

    request.getfixturevalue("django_db_setup")
    with django_db_blocker.unblock():
        if not Tier.objects.exists():  # in a new database, and after a test with real transactions, which empties it
            call_command("seed_tiers", verbosity=0)
            import_module("config.migrations.0001_roles").make_roles(apps, None)
            import_module("config.migrations.0002_roles_see_payment_issues").let_see(apps, None)


@pytest.fixture(autouse=True)
def _clean_slate(request: pytest.FixtureRequest) -> None:
    """Give no test with a database limits that it does not set itself, or what another one left in Redis."""
    if not _has_database(request):
        return
    from billing.models import Tier

    request.getfixturevalue("db")
    Tier.objects.update(daily_messages=None, sends_per_minute=1_000_000)
    with Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()


@pytest.fixture(autouse=True, scope="session")
def _promises_are_kept() -> Iterator[None]:
    """Hold what every test client is answered to the contract."""
    ask = TestClient.request

    def ask_and_compare(client: Any, **request: Any) -> Any:
        answer = ask(client, **request)
        body = None if answer.streaming else answer.content
        asked = answer.wsgi_request
        promised.hold(asked.method, asked.path, answer.status_code, answer.headers, body)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestClient, "request", ask_and_compare)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage, of which there is none: a fifth of the time."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result


@pytest.hookimpl(trylast=True)  # after pytest-django has put them in its order
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take longest, those of one kind of stack after each other."""

    def place(item: pytest.Item) -> int:
        names = getattr(item, "fixturenames", ())
        return 0 if "breakable_stack" in names else 1 if "shared_stack" in names else 2

    items.sort(key=place)


class Scheduling(LoadScopeScheduling):
    """Gives each file to one worker of a parallel run, and all files of one kind of stack to the same worker.

    So each kind is started once; in `make faults` once for a folder, since there it is most of the run. (Groups of
    pytest-xdist 3.8 do nothing with pytest 9.2, which keeps ids elsewhere.)
    """

    def _split_scope(self, nodeid: str) -> str:
        name = nodeid.partition("::")[0]
        text = _text_of(name)
        if "mark.stack" not in text:
            return name
        if "breakable" not in text:
            return "stack"
        return f"breakable in {Path(name).parent.name}" if self.config.option.markexpr == "faults" else "breakable"


@cache
def _text_of(name: str) -> str:
    return (servers.ROOT / name).read_text()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Have parallel runs distribute tests so."""
    return Scheduling(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Make what only this process keeps as it was at first: no test finds what another left."""
    is_stack = item.get_closest_marker("stack") is not None
    _wait_over_midnight(120 if is_stack else 10)
    if not is_stack:
        _forget_what_others_left()


def _wait_over_midnight(seconds: int) -> None:
    """Let no test begin on one day (of UTC) and end on the next, with another allowance."""
    left = 86_400 - time.time() % 86_400
    if left < seconds:
        time.sleep(left + 0.1)


def _forget_what_others_left() -> None:
    from chatrooms.replies import worker_leases
    from config.infrastructure import circuit_breaker
    from gemini import breakers

    structlog.contextvars.clear_contextvars()
    circuit_breaker._breakers.clear()
    breakers.reset()
    TimeoutConnection.statement_timeout = None
    # The worker's heartbeat has a connection of its own, which cannot see a test's uncommitted rows.
    worker_leases.leases._thread = threading.current_thread()
    # No window of a rate limit ends during a test: where it ends depends on the key and on the time of day.
    end = int(time.time()) + 60
    django_ratelimit.core._get_window = lambda value, period: end


@pytest.fixture
def set_clock(db: None) -> Iterator[Callable[[datetime], None]]:
    """Move the database's clock, for this connection: our own statement_timestamp() is found before PostgreSQL's."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA clock")
        cursor.execute(
            "CREATE FUNCTION clock.statement_timestamp() RETURNS timestamptz STABLE LANGUAGE sql AS "
            "$$ SELECT current_setting('clock.moment')::timestamptz $$"
        )
        cursor.execute("SET search_path = clock, public, pg_catalog")

        def move(moment: datetime) -> None:
            cursor.execute("SELECT set_config('clock.moment', %s, false)", [moment.isoformat()])

        yield move
        cursor.execute("SET search_path = public")


@pytest.fixture
def clock_stands(set_clock: Callable[[datetime], None]) -> None:
    """Stop the database's clock, for this connection, so that a pause that it counts can be told exactly."""
    set_clock(datetime.now(UTC))


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the process logs, as it would stand on its standard error."""
    root, text = logging.getLogger(), io.StringIO()
    handler = logging.StreamHandler(text)
    formatters = [each.formatter for each in root.handlers]
    handler.setFormatter(next(each for each in formatters if isinstance(each, ProcessorFormatter)))
    root.addHandler(handler)
    yield text
    root.removeHandler(handler)


def counted(name: str, **labels: str) -> float:
    """What a metric of this process stands at."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def rises() -> Iterator[Callable[..., None]]:
    """Expect a metric to have risen by `by` when the test ends: `rises("kuvaka_reaps_total")`."""
    expected: list[tuple[str, dict[str, str], float]] = []

    def expect(name: str, by: float = 1, **labels: str) -> None:
        expected.append((name, labels, counted(name, **labels) + by))

    yield expect
    assert expected
    assert [(name, labels, counted(name, **labels)) for name, labels, _ in expected] == expected


@pytest.fixture(scope="session")
def breakable_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One whole stack for all tests that break something in it (use it through `breakable`)."""
    with _stack(tmp_path_factory, {"WEB_PROCESSES": "1"}) as stack:
        yield stack


@pytest.fixture
def breakable(breakable_stack: Any, request: pytest.FixtureRequest) -> Any:
    """A whole stack of which a test may kill, freeze, fill and set what it likes: the next one finds it mended."""
    marker = request.node.get_closest_marker("stack_settings")
    breakable_stack.mend(marker.kwargs if marker else None)
    return breakable_stack


@pytest.fixture(scope="session")
def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One whole stack for all tests that break nothing in it (use it through `stack`)."""
    with _stack(tmp_path_factory, {}) as stack:
        stack.is_patient = True
        yield stack


@pytest.fixture
def stack(shared_stack: Any) -> Any:
    """The shared stack with a fresh double."""
    shared_stack.double.reset()
    shared_stack.stripe.reset()
    return shared_stack


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End a stack as soon as no further test of its kind follows: idle, it takes a sixth of a core from the others."""
    for name in {"shared_stack", "breakable_stack"} & set(getattr(item, "fixturenames", ())):
        if nextitem is None or name not in getattr(nextitem, "fixturenames", ()):
            [definition] = item._fixtureinfo.name2fixturedefs[name]
            definition.finish(item._request)  # a later test would make another one


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the logs of a failed test's stack, and say where they are."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("breakable") or getattr(item, "funcargs", {}).get("shared_stack")
    if report.failed and stack is not None:
        report.sections.append(("The stack's logs", str(stack.keep_logs(item.name))))
    return report


def _stack(folders: pytest.TempPathFactory, settings: dict[str, str]) -> Any:
    from tests import stack

    folder: Path = folders.mktemp("stack")
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), folder.name)
    return stack.running(database_url=database_url, folder=folder, settings=settings)
