"""The whole stack behind PgBouncer, and with Redis over TLS."""

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from config.infrastructure import snapshot
from tests import pgbouncer, redis_over_tls, servers, sse
from tests import stack as stacks
from tests.admin.conftest import PASSWORD, code_of
from tests.conftest import _urls
from tests.databases import database, manage
from tests.flows.checking import check, faults
from tests.flows.staff import Browser, make_staff
from tests.stack import Stack
from tests.waiting import TIMEOUT, in_parallel, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(600)]

needs_pgbouncer = pytest.mark.needs_pgbouncer
needs_redis = pytest.mark.needs_redis


def database_of(folder: Path) -> str:
    """A database with another time zone as its default, which each connection has to override."""
    url = servers.clone_database(_urls, servers.ensure_template(_urls), folder.name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {url.rpartition('/')[2]} SET timezone = 'Asia/Kolkata'")
    return url


@pytest.fixture(scope="module", params=[0, 200], ids=["prepared_0", "prepared_200"])
def pooled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Every process goes through PgBouncer, with far more connections than it has; the test itself does not."""
    if request.param and pgbouncer.version() < pgbouncer.KNOWS_PREPARED:
        pytest.skip("this PgBouncer is too old to have max_prepared_statements")
    folder = tmp_path_factory.mktemp("pooled")
    with ExitStack() as cleanup:
        url = database_of(folder)
        settings = {"DATABASE_URL": cleanup.enter_context(pgbouncer.running(url, prepared=request.param))}
        stack = cleanup.enter_context(stacks.running(database_url=url, folder=folder, settings=settings))
        stack.retries_when_busy = True
        yield stack


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Every process speaks TLS with Redis, whose certificate is signed by an authority of the test."""
    folder = tmp_path_factory.mktemp("encrypted")
    with ExitStack() as cleanup:
        settings = {"REDIS_URL": cleanup.enter_context(redis_over_tls.running())}
        url = database_of(folder)
        stack = cleanup.enter_context(stacks.running(database_url=url, folder=folder, settings=settings))
        stack.retries_when_busy = True
        yield stack


def converse(stack: Stack) -> None:
    """Sign up, send, stream, search and export as a user; then open the admin's pages as a staff member."""
    stack.double.default(text="A monsoon brings rain", chunks=4, delay=0.05)
    alice = stack.sign_up()
    room = alice.room("Weather")
    sent = alice.send(room, "What is a monsoon?")
    reader = sse.read(sent["stream_url"])
    assert reader.text == "A monsoon brings rain" == alice.wait_for_reply(sent["id"])["gemini_response"]
    assert [each.event for each in reader.events] == ["start", *["delta"] * 4, "done"]

    assert [each["id"] for each in alice.call("GET", f"/chatroom/{room}/messages").json()] == [sent["id"]]
    assert alice.call("GET", "/search?q=monsoon").json()
    assert "A monsoon brings rain" in alice.call("GET", f"/chatroom/{room}/export?format=markdown").text
    assert "A monsoon brings rain" in alice.call("GET", "/user/me/export").text
    assert {alice.call("GET", "/chatroom").json()[0]["name"] for _ in range(5)} == {"Weather"}, "cached, too"

    number = f"+9196{secrets.randbelow(10**8):08}"
    make_staff(stack, number)
    browser = Browser(stack.url, number, "203.0.113.1")
    assert browser.sign_in(PASSWORD, code_of()).url == f"{stack.url}/admin/"
    for path in ("", "accounts/user/", f"accounts/user/{alice.id}/change/", "chatrooms/chatroom/"):
        page = browser.http.get(f"{stack.url}/admin/{path}", timeout=TIMEOUT)
        assert (page.status_code, page.url) == (200, f"{stack.url}/admin/{path}")


def hold_under_load(stack: Stack) -> None:
    """Forty parallel sends all get their replies; of twenty with one idempotency key one is accepted."""
    stack.double.default(text="Yes", chunks=1)
    users = [stack.sign_up() for _ in range(8)]
    rooms = [(user, user.room()) for user in users for _ in range(5)]
    sent = in_parallel([partial(user.send_with_retries, room) for user, room in rooms])
    assert {response.status_code for response in sent} == {202}
    assert wait_until(lambda: stack.unfinished() == 0, "all replies finished")
    assert stack.sql("SELECT count(*) FROM chatrooms_message WHERE status = 'done'")[0][0] >= 40

    alice, room = users[0], users[0].room()
    headers = {"Authorization": f"Bearer {alice.access_token}", "Idempotency-Key": secrets.token_hex(8)}

    def send() -> requests.Response:
        url = f"{stack.url}/chatroom/{room}/message"
        return requests.post(url, json={"content": "Once"}, headers=headers, timeout=TIMEOUT)

    responses = in_parallel([send] * 20)
    assert {response.status_code for response in responses} <= {202, 409}
    assert len(alice.call("GET", f"/chatroom/{room}/messages").json()) == 1


def have_no_errors(stack: Stack) -> None:
    """A busy database is no error here, since the client of the tests retries."""
    for name in stack.processes:
        lines = [json.loads(line) for line in stack.log(name).splitlines() if line.startswith("{")]
        errors = [line for line in lines if line["level"] in ("error", "critical")]
        assert [line for line in errors if line["event"] != "database_unavailable"] == [], name


# --- PgBouncer --------------------------------------------------------------------------------------------------------


@needs_pgbouncer
def test_a_conversation_works_behind_pgbouncer(pooled: Stack) -> None:
    converse(pooled)
    have_no_errors(pooled)


@needs_pgbouncer
def test_parallel_sends_behind_pgbouncer_lose_no_message(pooled: Stack) -> None:
    """There are five times as many clients as connections; a task that waits too long for one is published again."""
    hold_under_load(pooled)


@needs_pgbouncer
def test_no_state_is_left_in_a_connection_of_pgbouncer(pooled: Stack) -> None:
    """No server-side cursor, which Django uses for the choices of a form, and no prepared statement."""
    pooled.run("a cursor", "from accounts.models import User\nlist(User.objects.iterator(chunk_size=1))")
    pooled.run("a repeated query", "from accounts.models import User\nfor _ in range(40): User.objects.first()")


@needs_pgbouncer
def test_pools_may_be_larger_behind_pgbouncer(pooled: Stack) -> None:
    """`check_stack` reports such pools as a fault only without PgBouncer, which has its own limits."""
    wait_until(pooled.is_consuming, "worker, tasks and beat running")
    _, found, _ = check(pooled, DATABASE_POOL_SIZE="200")
    assert faults(found) == {}
    assert "PgBouncer" in found["connections"][0]["said"]
    direct = faults(check(pooled, DATABASE_POOL_SIZE="200", DATABASE_URL=pooled.database_url)[1])
    assert set(direct) == {"connections"}


@needs_pgbouncer
def test_release_goes_through_pgbouncer() -> None:
    with database(_urls.database_url, "pooled_release") as url, pgbouncer.running(url) as through:
        first = manage(through, "release")
        manage(through, "migrate", "chatrooms", "0006")
        second = manage(through, "release")
        with psycopg.connect(url) as connection:
            held = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [snapshot.LOCK]).fetchone()
    assert "loaded the schema snapshot" in first.stdout
    assert "Applying chatrooms.0007" in second.stdout
    assert held == (True,), "the lock was released"


# --- Redis over TLS ---------------------------------------------------------------------------------------------------


@needs_redis
def test_a_conversation_works_with_redis_over_tls(encrypted: Stack) -> None:
    converse(encrypted)
    wait_until(encrypted.is_consuming, "worker, tasks and beat running")
    assert faults(check(encrypted)[1]) == {}
    assert requests.get(f"{encrypted.url}/readyz", timeout=TIMEOUT).json()["status"] == "ok"
    have_no_errors(encrypted)


LIMITED = {"AUTH_REQUESTS_PER_MINUTE": "3"}


@needs_redis
def test_rate_limits_work_with_redis_over_tls(encrypted: Stack) -> None:
    encrypted.restart("web", **LIMITED)
    ask: Any = partial(encrypted.try_post, "/auth/login", {"mobile_number": "+919000000000", "password": "wrong"})
    assert 429 in [ask().status_code for _ in range(8)]


@needs_redis
def test_no_process_trusts_a_redis_with_an_unknown_authority(encrypted: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the authority in the URL, neither the cache nor Celery connects: what they send is private."""
    bare = encrypted.environment["REDIS_URL"].partition("?")[0]
    code = (
        "from config.celery import app, publish\n"
        "import redis\n"
        "from django.conf import settings\n"
        "assert publish('some.task', 1) is False\n"
        "try:\n    redis.Redis.from_url(settings.REDIS_URL).ping()\n"
        "except redis.ConnectionError as error:\n    assert 'certificate' in str(error).lower(), error\n"
        "else:\n    raise AssertionError('it was trusted')\n"
    )
    monkeypatch.setitem(encrypted.environment, "REDIS_URL", bare)
    encrypted.run("a Redis with an unknown authority", code)
