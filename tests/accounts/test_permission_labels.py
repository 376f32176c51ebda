"""Migration 0010 relabels the permissions that a database already has, and can be reversed."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection

migration = import_module("accounts.migrations.0010_labels_say_users")


def labels() -> dict[tuple[str, str], str]:
    rows = Permission.objects.filter(content_type__app_label="accounts").values_list(
        "content_type__model", "codename", "name"
    )
    return {(model, codename): name for model, codename, name in rows if (model, codename) in migration.LABELS}


def set_labels(names: dict[tuple[str, str], str]) -> None:
    for (model, codename), name in names.items():
        found = Permission.objects.filter(content_type__app_label="accounts", content_type__model=model)
        assert found.filter(codename=codename).update(name=name) == 1


@pytest.mark.django_db
def test_labels_change_with_the_migration_and_back() -> None:
    old = {key: old for key, (old, _) in migration.LABELS.items()}
    new = {key: new for key, (_, new) in migration.LABELS.items()}
    set_labels(old)
    with connection.schema_editor() as editor:
        migration.use_new_labels(apps, editor)
        assert labels() == new
        migration.use_old_labels(apps, editor)
    assert labels() == old


@pytest.mark.django_db
def test_a_label_that_is_neither_does_not_change() -> None:
    set_labels({("user", "erase_user"): "Can erase user"})
    with connection.schema_editor() as editor:
        migration.use_new_labels(apps, editor)
        migration.use_old_labels(apps, editor)
    assert labels()["user", "erase_user"] == "Can erase user"
