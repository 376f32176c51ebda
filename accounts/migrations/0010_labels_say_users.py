"""Labels permissions by the words of the rest: users, failed attempts. Their codenames, which code asks for, stay."""

from typing import Any

from django.db import migrations

LABELS = {
    ("user", "disable_user"): ("Can disable and enable people", "Can disable and enable users"),
    ("user", "sign_out_user"): ("Can sign people out everywhere", "Can sign users out everywhere"),
    ("user", "export_user"): ("Can export what is kept about people", "Can export what is kept about users"),
    ("user", "erase_user"): ("Can erase people", "Can erase users"),
    ("failedattempts", "add_tries"): ("Can add tries", "Can add failed attempts"),
    ("failedattempts", "change_tries"): ("Can change tries", "Can change failed attempts"),
    ("failedattempts", "delete_tries"): ("Can delete tries", "Can delete failed attempts"),
    ("failedattempts", "view_tries"): ("Can view tries", "Can view failed attempts"),
}


def use_new_labels(apps: Any, schema_editor: Any) -> None:
    for (model, codename), (old, new) in LABELS.items():
        _relabel(apps, schema_editor, model, codename, {"name": old}, {"name": new})


def use_old_labels(apps: Any, schema_editor: Any) -> None:
    for (model, codename), (old, new) in LABELS.items():
        _relabel(apps, schema_editor, model, codename, {"name": new}, {"name": old})


def _relabel(
    apps: Any, schema_editor: Any, model: str, codename: str, before: dict[str, str], after: dict[str, str]
) -> None:
    """Change a label if it is as before: the migration of the roles (config 0001) creates some with labels of its own."""
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    permissions.filter(
        content_type__app_label="accounts", content_type__model=model, codename=codename, **before
    ).update(**after)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_names_of_attempts_and_statistics"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AlterModelOptions(
            "User",
            options={
                "default_permissions": ("view",),
                "permissions": [
                    ("disable_user", "Can disable and enable users"),
                    ("sign_out_user", "Can sign users out everywhere"),
                    ("unlock_user", "Can end the lock of a number's sign-in"),
                    ("export_user", "Can export what is kept about users"),
                    ("erase_user", "Can erase users"),
                ],
            },
        ),
        migrations.AlterModelOptions(
            "FailedAttempts",
            options={
                "verbose_name_plural": "failed attempts",
                "default_permissions": (),
                "permissions": [
                    ("add_tries", "Can add failed attempts"),
                    ("change_tries", "Can change failed attempts"),
                    ("delete_tries", "Can delete failed attempts"),
                    ("view_tries", "Can view failed attempts"),
                ],
            },
        ),
        migrations.RunPython(use_new_labels, use_old_labels),
    ]
