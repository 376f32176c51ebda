"""What every test needs: real PostgreSQL and Redis, and an environment without the developer's settings."""

import atexit
import io
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import import_module
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
from django.test import TransactionTestCase
from prometheus_client import REGISTRY
from pytest_django import DjangoDbBlocker
from redis import Redis
from structlog.stdlib import ProcessorFormatter

from config import environment
from config.infrastructure.database import TimeoutConnection
from tests import databases, promised, servers
from tests.scheduling import pytest_collection, pytest_collection_modifyitems, pytest_xdist_make_scheduler
from tests.stack_fixtures import (
    breakable,
    breakable_stack,
    pytest_runtest_makereport,
    pytest_runtest_teardown,
    shared_stack,
    stack,
)

__all__ = [
    "breakable",
    "breakable_stack",
    "pytest_collection",
    "pytest_collection_modifyitems",
    "pytest_runtest_makereport",
    "pytest_runtest_teardown",
    "pytest_xdist_make_scheduler",
    "shared_stack",
    "stack",
]

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

# Otherwise a machine that stalls would open the breaker, and for two seconds nothing would be cached or limited.
settings.CACHES["default"]["OPTIONS"] |= {"SOCKET_CONNECT_TIMEOUT": 5, "SOCKET_TIMEOUT": 5}
# And a connection to the database would count as refused.
settings.DATABASES["default"]["OPTIONS"]["connect_timeout"] = 60
settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 60

# How long an example takes depends only on the machine.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Let the processes of a parallel run (pytest-xdist) start their own servers.

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
            for migration in ("0002_roles_see_payment_issues", "0003_roles_see_model_calls"):
                import_module(f"config.migrations.{migration}").let_see(apps, None)
            import_module("config.migrations.0004_roles_revoke_api_keys").let_revoke(apps, None)
            import_module("config.migrations.0005_roles_disable_webhook_endpoints").let_disable(apps, None)


@pytest.fixture(autouse=True)
def _clean_slate(request: pytest.FixtureRequest) -> None:
    """Remove the tiers' limits, which a test sets itself, and what another test left in Redis."""
    if not _has_database(request):
        return
    from billing.models import Tier

    request.getfixturevalue("db")
    Tier.objects.update(daily_messages=None, sends_per_minute=1_000_000)
    with Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()


@pytest.fixture(autouse=True, scope="session")
def _quick_flush() -> Iterator[None]:
    """After a test with real transactions empty only the tables that have rows.

    Django truncates every table and makes all permissions again, which takes more than a second of CPU time.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: databases.empty(connection))
        yield


@pytest.fixture(autouse=True, scope="session")
def _responses_match_the_contract() -> Iterator[None]:
    """Compare every response to a test client with the contract."""
    ask = TestClient.request

    def ask_and_compare(client: Any, **request: Any) -> Any:
        response = ask(client, **request)
        body = None if response.streaming else response.content
        asked = response.wsgi_request
        promised.hold(asked.method, asked.path, response.status_code, response.headers, body)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestClient, "request", ask_and_compare)
        yield


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Reset the state of this process, so that no test finds what another left."""
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
    from config.observability import metrics
    from gemini import breakers

    structlog.contextvars.clear_contextvars()
    circuit_breaker._breakers.clear()
    breakers.reset()
    metrics._models.clear()
    TimeoutConnection.statement_timeout = None
    # The worker's heartbeat has its own connection, which cannot see a test's uncommitted rows.
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
def frozen_clock(set_clock: Callable[[datetime], None]) -> None:
    """Stop the database's clock, for this connection, so that a pause can be compared exactly."""
    set_clock(datetime.now(UTC))


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the process logs, in the format of its standard error."""
    root, text = logging.getLogger(), io.StringIO()
    handler = logging.StreamHandler(text)
    formatters = [each.formatter for each in root.handlers]
    handler.setFormatter(next(each for each in formatters if isinstance(each, ProcessorFormatter)))
    root.addHandler(handler)
    yield text
    root.removeHandler(handler)


@pytest.fixture
def alice(db: None) -> Any:
    """The user of most tests."""
    return _make_user()


@pytest.fixture
def bob(db: None) -> Any:
    """A second user."""
    return _make_user()


@pytest.fixture
def mallory(db: None) -> Any:
    """A user who attempts to reach what belongs to Alice."""
    return _make_user()


def _make_user() -> Any:
    from tests import factories  # it needs the app registry, which this file sets up

    return factories.make_user()


def counted(name: str, **labels: str) -> float:
    """The value of a metric of this process."""
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
