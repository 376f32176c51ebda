"""The tiers and the roles, made once instead of for every test."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import call_command
from pytest_django import DjangoDbBlocker


@pytest.fixture(autouse=True, scope="class")
def seeds(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> None:
    """Commit the tiers and the roles while the test's own transaction, which would lose them, has not begun.

    pytest-django begins it before any fixture of a function's own is asked for; those of a class come earlier.
    """
    if request.node.get_closest_marker("django_db") is None and "db" not in request.fixturenames:
        return
    from billing.models import Tier

    request.getfixturevalue("django_db_setup")
    with django_db_blocker.unblock():
        if not Tier.objects.exists():  # in a new database, and after a test with real transactions, which empties it
            call_command("seed_tiers", verbosity=0)
            import_module("config.migrations.0001_roles").make_roles(apps, None)
