"""Pools larger than PostgreSQL's limit are reported before anything runs."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from config.infrastructure import connection_pools

pytestmark = pytest.mark.django_db


@pytest.fixture
def size(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_size(value: int) -> None:
        monkeypatch.setitem(connection.settings_dict["OPTIONS"]["pool"], "max_size", value)

    return set_size


def test_pools_that_fit_give_no_warning() -> None:
    assert connection_pools.check(databases=["default"]) == []


def test_too_many_are_named_by_migrate_with_a_size_that_fits(size: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int")
        fits = (cursor.fetchone()[0] - 10) // 8
    size(10 * fits)
    call_command("migrate", verbosity=0, skip_checks=False)
    said = capsys.readouterr().err
    assert "kuvaka.W001" in said
    assert f"8 pools of {10 * fits}" in said
    assert f"DATABASE_POOL_SIZE to {fits}" in said
    size(fits)
    assert connection_pools.check(databases=["default"]) == []
    size(fits + 1)
    assert len(connection_pools.check(databases=["default"])) == 1


def test_more_web_processes_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_PROCESSES", "40")
    assert [each.id for each in connection_pools.check(databases=["default"])] == ["kuvaka.W001"]


def test_commands_that_need_no_database_use_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", fail)
    assert connection_pools.check(databases=None) == []
    assert connection_pools.check(databases=["default"]) == [], (
        "the commands that need it report that it is unavailable"
    )
