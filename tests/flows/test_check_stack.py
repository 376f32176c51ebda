"""`manage.py check_stack` finds no fault in a healthy stack, and names each fault and what to do about it."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests import stack_settings
from tests.flows.checking import check, faults
from tests.ports import free_port
from tests.stack import ROOT, Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(600)]  # outages of all parts


@pytest.fixture
def stack(breakable: Stack) -> Stack:
    """A stack for the test to break, once beat and the workers are running."""
    wait_until(breakable.is_consuming, "worker, tasks and beat running")
    return breakable


Broken = Callable[[Stack], Any]


@contextmanager
def nothing_but(settings: dict[str, str]) -> Iterator[dict[str, str]]:
    yield settings


def given(**settings: str) -> Broken:
    """Give these settings to the command only, not to the stack."""
    return lambda stack: nothing_but(settings)


@contextmanager
def without_database(stack: Stack) -> Iterator[dict[str, str]]:
    yield {"DATABASE_URL": f"postgresql://kuvaka:secret-of-the-url@127.0.0.1:{free_port()}/kuvaka"}


@contextmanager
def without_redis(stack: Stack) -> Iterator[dict[str, str]]:
    yield {"REDIS_URL": f"redis://:secret-of-the-url@127.0.0.1:{free_port()}/0"}


@contextmanager
def with_frozen_redis(stack: Stack) -> Iterator[dict[str, str]]:
    stack.redis.freeze()
    try:
        yield {}
    finally:
        stack.redis.thaw()


def changed(there: str, back: str) -> Broken:
    """Change the database directly, and change it back."""

    @contextmanager
    def change(stack: Stack) -> Iterator[dict[str, str]]:
        stack.sql(there)
        try:
            yield {}
        finally:
            stack.sql(back)

    return change


def stopped(name: str) -> Broken:
    @contextmanager
    def stop(stack: Stack) -> Iterator[dict[str, str]]:
        stack.kill(name)
        if name == "beat":  # its heartbeat is too old after half a minute
            from redis import Redis

            with Redis.from_url(stack.environment["REDIS_URL"]) as client:
                client.pexpire("kuvaka:beat", 24 * 3600_000 - 40_000)
        try:
            yield {}
        finally:
            stack.start(name)

    return stop


@contextmanager
def without_price(stack: Stack) -> Iterator[dict[str, str]]:
    [sold] = stack.sql("SELECT stripe_product, stripe_price, seeded_price FROM billing_tier WHERE slug = 'pro'")
    sell = "UPDATE billing_tier SET (stripe_product, stripe_price, seeded_price) = (%s, %s, %s) WHERE slug = 'pro'"
    stack.sql(sell, "", "", "")
    try:
        yield {}
    finally:
        stack.sql(sell, *sold)


@contextmanager
def with_dead_key(stack: Stack) -> Iterator[dict[str, str]]:
    key = "sk_test_" + "0" * 32
    stack.stripe.switch(dead_keys=[key])
    try:
        yield {"STRIPE_SECRET_KEY": key}
    finally:
        stack.stripe.switch(dead_keys=[])


@contextmanager
def with_other_endpoint(stack: Stack) -> Iterator[dict[str, str]]:
    stack.stripe.deliver(url="http://127.0.0.1:9/webhook/stripe")
    try:
        yield {}
    finally:
        stack.stripe.deliver(url=f"{stack.url}/webhook/stripe")


@contextmanager
def with_a_long_queue(stack: Stack) -> Iterator[dict[str, str]]:
    """A reply that has waited for two minutes, since no worker runs."""
    alice = stack.sign_up()
    stack.kill("worker")
    message = alice.send(alice.room(), "Hello")
    stack.sql(
        "UPDATE chatrooms_message SET not_before = now() - interval '2 min', publish_at = now() + interval '1 hour' "
        "WHERE answers_id = %s",
        message["id"],
    )
    try:
        yield {}
    finally:
        stack.start("worker")
        stack.sql("UPDATE chatrooms_message SET publish_at = now() WHERE answers_id = %s", message["id"])
        alice.wait_for_reply(message["id"])


@contextmanager
def without_twilio(stack: Stack) -> Iterator[dict[str, str]]:
    yield {
        "SMS_DELIVERY": "twilio",
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "t",
        "TWILIO_FROM": "+15005550006",
        "TWILIO_BASE_URL": f"http://127.0.0.1:{free_port()}",
    }


NEWEST = max(file.stem for file in (ROOT / "chatrooms" / "migrations").glob("0*.py"))
MIGRATION = f"app = 'chatrooms' AND name = '{NEWEST}'"
FAULTS: dict[str, tuple[Broken, str, str, str]] = {
    # the fault: how to cause it, the part that reports it, what it says, what it advises
    "no database": (without_database, "database", "cannot be reached", "Is PostgreSQL running"),
    "no Redis": (without_redis, "redis", "cannot be reached", "Is Redis running"),
    "a Redis that hangs": (with_frozen_redis, "redis", "cannot be reached", "Is Redis running"),
    "a migration not applied": (
        changed(
            f"UPDATE django_migrations SET app = 'hidden' WHERE {MIGRATION}",
            "UPDATE django_migrations SET app = 'chatrooms' WHERE app = 'hidden'",
        ),
        "migrations",
        f"chatrooms.{NEWEST}",
        "manage.py migrate",
    ),
    "no tiers": (
        changed(
            "UPDATE billing_tier SET slug = slug || '-hidden'",
            "UPDATE billing_tier SET slug = replace(slug, '-hidden', '')",
        ),
        "tiers",
        "missing: basic, pro",
        "manage.py seed_tiers",
    ),
    "the worker stopped": (stopped("worker"), "worker", "no worker consumes the queue `gemini`", "process `worker`"),
    "the tasks stopped": (stopped("tasks"), "tasks", "no worker consumes the queue `default`", "process `tasks`"),
    "beat stopped": (stopped("beat"), "beat", "has published no task for ", "process `beat`"),
    "the stream stopped": (stopped("stream"), "stream", "ConnectionError", "process `stream`"),
    "Gemini's key wrong": (given(GEMINI_API_KEY="bad-key"), "Gemini", "the key is refused", "GEMINI_API_KEY"),
    "a model that is none": (given(GEMINI_MODEL="gpt-9"), "Gemini", "no model gpt-9", "GEMINI_MODEL"),
    "Stripe's key refused": (with_dead_key, "Stripe", "the key is refused", "STRIPE_SECRET_KEY"),
    "no price of Pro": (without_price, "price of Pro", "cannot be bought", "manage.py seed_tiers"),
    "no webhook secret": (
        given(STRIPE_WEBHOOK_SECRET=" , ", DEBUG="true", WEB_ORIGIN="", ALLOWED_HOSTS=""),
        "webhook",
        "no secret is set",
        "STRIPE_WEBHOOK_SECRET",
    ),
    "the webhook elsewhere": (with_other_endpoint, "webhook", "no endpoint", "Register http"),
    "failed events": (
        changed(
            "INSERT INTO billing_stripeevent (event_id, type, customer_id, object_id, next_try_at, tries, error) "
            "VALUES ('evt_failed', 'invoice.paid', '', '', NULL, 12, 'KeyError')",
            "DELETE FROM billing_stripeevent WHERE event_id = 'evt_failed'",
        ),
        "events",
        "1 events",
        "manage.py replay_webhooks",
    ),
    "an old queue": (with_a_long_queue, "replies", "the oldest for", "manage.py requeue_replies"),
    "too many connections": (given(DATABASE_POOL_SIZE="60"), "connections", "pools of 60", "DATABASE_POOL_SIZE to"),
    "Twilio refusing": (
        without_twilio,
        "SMS",
        "Twilio",
        "t",
    ),
}

TOGETHER = (
    # faults that can be found together
    ("an old queue", "the tasks stopped", "beat stopped", "the stream stopped", "no price of Pro", "failed events"),
    (
        *("the worker stopped", "a migration not applied", "Gemini's key wrong", "the webhook elsewhere"),
        *("too many connections", "Twilio refusing"),
    ),
    ("no tiers", "a model that is none", "Stripe's key refused"),
    ("no database",),
    ("no Redis",),
    ("a Redis that hangs",),
    ("no webhook secret",),
)


def test_a_healthy_stack_has_no_findings(stack: Stack) -> None:
    wait_until(lambda: check(stack)[0] == 0, "a healthy stack")
    code, found, errors = check(stack)
    assert (code, faults(found)) == (0, {})
    assert {"database", "redis", "worker", "tasks", "beat", "stream", "Gemini", "Stripe", "webhook"} <= {
        part for part, findings in found.items() if {each["verdict"] for each in findings} <= {"ok", "warning"}
    }
    assert errors == ""


@pytest.mark.parametrize("together", TOGETHER, ids=lambda names: names[0])
def test_each_fault_is_named_with_what_to_do(stack: Stack, together: tuple[str, ...]) -> None:
    with ExitStack() as broken:
        settings: dict[str, str] = {}
        for fault in together:
            settings |= broken.enter_context(FAULTS[fault][0](stack))
        code, found, errors = check(stack, **settings)
    assert code == 1
    for fault in together:
        _, part, said, advice = FAULTS[fault]
        finding = faults(found)[part]
        assert said in finding["said"]
        assert advice in finding["advice"]
        assert part in errors.splitlines()[-1]
    everything = json.dumps(found) + errors
    assert not re.search(r"secret-of-the-url|a-key-for-the-double|bad-key|sk_test_0|pretend0", everything)


def test_every_fault_is_tested() -> None:
    assert sorted(fault for together in TOGETHER for fault in together) == sorted(FAULTS)


def test_it_reports_an_outage_of_everything_and_ends(stack: Stack) -> None:
    unreachable = f"http://127.0.0.1:{free_port()}"
    code, found, _ = check(
        stack,
        DATABASE_URL=f"postgresql://kuvaka@127.0.0.1:{free_port()}/kuvaka",
        REDIS_URL=f"redis://127.0.0.1:{free_port()}/0",
        WEB_ORIGIN=unreachable,
        STREAM_ORIGIN=unreachable,
        GEMINI_BASE_URL=unreachable,
        STRIPE_API_HOST=unreachable,
    )
    assert code == 1
    assert {"database", "redis", "web", "stream", "Gemini"} <= faults(found).keys()
    assert found["replies"][0]["verdict"] == found["worker"][0]["verdict"] == "unknown"


def test_invalid_settings_are_reported_as_by_any_command(stack: Stack) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check_stack"],
        cwd=ROOT,
        env=stack.environment | stack_settings.production(stack) | {"SECRET_KEY": "short"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "SECRET_KEY needs at least 32 bytes" in done.stderr


def test_a_password_of_the_database_is_never_shown(stack: Stack) -> None:
    _, found, errors = check(stack, DATABASE_URL=stack.database_url.replace("kuvaka:", "kuvaka:wrong-", 1))
    assert "database" in faults(found)
    assert "wrong-" not in json.dumps(found) + errors
