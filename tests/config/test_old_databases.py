"""A database of an older version, with users in it, is upgraded by `release` without losing rows.

tests/config/old_databases has the dumps of some versions, each named by its commit. To add one: in a worktree of that
commit and with an empty database, run `release` and `manage.py seed_demo --users 6 --messages 60`, add a user who
pays, and

    pg_dump --no-owner --no-privileges --no-comments DATABASE_URL | gzip -9n > COMMIT.sql.gz
"""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.dev import schema, server_binaries
from tests.conftest import _urls
from tests.databases import OLD_DATABASES, database, difference, load, manage

DUMPS = sorted(OLD_DATABASES.glob("*.sql.gz"))

OURS = ("accounts", "billing", "chatrooms", "djstripe")
"""Apps with rows of users."""

REMOVED = {("billing_checkout", "account")}
RECOMPUTED = {("chatrooms_message", "search")}
SEEDED = {"billing_tier"}
"""Tables whose rows `release` may change."""

GIVEN = """
    SELECT app_label, model, codename, array_agg(auth_group.name ORDER BY auth_group.name)
    FROM auth_permission
    JOIN django_content_type ON django_content_type.id = content_type_id
    LEFT JOIN auth_group_permissions ON permission_id = auth_permission.id
    LEFT JOIN auth_group ON auth_group.id = group_id
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
"""Every permission, and the roles that have it."""


def rows(url: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Every row of these apps, by its table and its key."""
    with psycopg.connect(url) as connection:
        tables = [
            table for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        return {
            (table, str(row.get("id") or row.get("djstripe_id") or row.get("user_id") or row.get("day"))): row
            for table in tables
            if table.startswith(OURS)
            for (row,) in connection.execute(f"SELECT to_jsonb(it) FROM {table} AS it")
        }


def catalogue(url: str) -> str:
    """The schema according to pg_dump, without rows."""
    return schema.dump(url, pg_dump=server_binaries.postgresql_client("pg_dump"), options=("--schema-only",))


def test_there_are_dumps_of_both_histories() -> None:
    texts = [gzip.decompress(dump.read_bytes()).decode() for dump in DUMPS]
    fourth = {name for text in texts for name in re.findall(r"\tbilling\t(0004_\w+)\t", text)}
    assert fourth == {"0004_accounts_and_products_at_stripe", "0004_products_at_stripe"}


@pytest.mark.faults
@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.name.partition(".")[0])
def test_an_old_database_is_upgraded_without_losing_rows(dump: Path) -> None:
    with (
        database(_urls.database_url, "old") as old,
        database(_urls.database_url, "again") as again,
        database(_urls.database_url, "new") as new,
    ):
        load(old, dump)
        before = rows(old)

        first, second = manage(old, "release"), manage(old, "release")

        after = rows(old)
        manage(new, "release")
        # PostgreSQL writes some casts in another way once they were loaded, so what is compared was loaded, too.
        with psycopg.connect(again) as connection:
            connection.execute(catalogue(old))
        found, expected = catalogue(again), catalogue(new)
        with psycopg.connect(old) as one, psycopg.connect(new) as other:
            given = one.execute(GIVEN).fetchall(), other.execute(GIVEN).fetchall()
            applied = one.execute("SELECT app, name FROM django_migrations").fetchall()
            [(sought,)] = one.execute(
                "SELECT count(*) FROM chatrooms_message WHERE content <> '' AND NOT search @@ "
                "plainto_tsquery('simple'::regconfig, kuvaka_words(split_part(content, ' ', 1)))"
            )

    assert "Applying billing.0006" in first.stdout
    assert "No migrations to apply" in second.stdout
    assert found == expected, difference(found, expected)
    assert schema.migrations() <= set(applied)
    assert given[0] == given[1]
    assert sought == 0, "every message is found by its first word"
    ignored = REMOVED | RECOMPUTED
    kept = {
        key: {name: value for name, value in row.items() if (key[0], name) not in ignored}
        for key, row in before.items()
        if key[0] not in SEEDED
    }
    assert {"accounts_user", "chatrooms_message", "djstripe_subscription"} <= {table for table, _ in kept}
    lost = {key: row for key, row in kept.items() if not row.items() <= after.get(key, {}).items()}
    assert lost == {}, json.dumps(lost)[:2000]
