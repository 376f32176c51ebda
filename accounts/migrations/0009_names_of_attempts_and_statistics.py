"""Names models and fields by the field's terms; no table, column, index or constraint of the database changes."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_one_form_of_a_number")]

    operations = [
        # With the table's name given, RenameModel leaves the table alone. It renames the content type.
        migrations.AlterModelTable("Tries", "accounts_tries"),
        migrations.RenameModel("Tries", "FailedAttempts"),
        migrations.AlterModelTable("DailyFigure", "accounts_dailyfigure"),
        migrations.RenameModel("DailyFigure", "DailyStatistic"),
        migrations.AlterModelOptions(
            "FailedAttempts",
            options={
                "verbose_name_plural": "failed attempts",
                "default_permissions": (),
                "permissions": [
                    ("add_tries", "Can add tries"),
                    ("change_tries", "Can change tries"),
                    ("delete_tries", "Can delete tries"),
                    ("view_tries", "Can view tries"),
                ],
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("FailedAttempts", "tries_one_row_per_number_and_kind"),
                migrations.AlterField("FailedAttempts", "number", models.CharField(db_column="number", max_length=16)),
                migrations.RenameField("FailedAttempts", "number", "mobile_number"),
                migrations.AddConstraint(
                    "FailedAttempts",
                    models.UniqueConstraint(
                        fields=("mobile_number", "kind"), name="tries_one_row_per_number_and_kind"
                    ),
                ),
                migrations.RemoveIndex("OneTimeCode", "code_by_number"),
                migrations.AlterField("OneTimeCode", "number", models.CharField(db_column="number", max_length=16)),
                migrations.RenameField("OneTimeCode", "number", "mobile_number"),
                migrations.AddIndex(
                    "OneTimeCode", models.Index(fields=["mobile_number", "created_at"], name="code_by_number")
                ),
                migrations.RemoveConstraint("User", "user_erasing_is_signed_out_and_tried"),
                migrations.RemoveIndex("User", "user_to_erase"),
                migrations.AlterField(
                    "User",
                    "erase_next_try_at",
                    models.DateTimeField(db_column="erase_next_try_at", editable=False, null=True),
                ),
                migrations.RenameField("User", "erase_next_try_at", "erase_next_attempt_at"),
                migrations.AlterField(
                    "User",
                    "erase_tries",
                    models.PositiveIntegerField(db_column="erase_tries", default=0, editable=False),
                ),
                migrations.RenameField("User", "erase_tries", "erase_attempts"),
                migrations.AddIndex(
                    "User",
                    models.Index(
                        condition=Q(erasing_at__isnull=False), fields=["erase_next_attempt_at"], name="user_to_erase"
                    ),
                ),
                migrations.AddConstraint(
                    "User",
                    models.CheckConstraint(
                        condition=Q(erase_next_attempt_at=None, erasing_at=None)
                        | Q(erase_next_attempt_at__isnull=False, erasing_at__isnull=False, is_active=False),
                        name="user_erasing_is_signed_out_and_tried",
                    ),
                ),
            ],
        ),
    ]
