"""A migration that has landed is never renamed or changed: other databases have run it.

`tests/config/landed_migrations.txt` has their hashes. Write a new migration's line there with it:

    sha256sum accounts/migrations/0*.py billing/migrations/0*.py chatrooms/migrations/0*.py config/migrations/0*.py \
        > tests/config/landed_migrations.txt
"""

from hashlib import sha256
from pathlib import Path

from tests.servers import ROOT

LANDED = Path(__file__).with_name("landed_migrations.txt")


def test_no_landed_migration_was_changed_and_each_is_listed() -> None:
    listed = dict(reversed(line.split()) for line in LANDED.read_text().splitlines())
    there = {
        str(file.relative_to(ROOT)): sha256(file.read_bytes()).hexdigest()
        for app in ("accounts", "billing", "chatrooms", "config")
        for file in (ROOT / app / "migrations").glob("0*.py")
    }
    assert there == listed
