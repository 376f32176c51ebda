"""The fields that say when an event is processed next, and how often it was, take the names that all retries have.

Their columns keep their names, so nothing changes in the database.
"""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0007_units_of_stopped_answers'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex(model_name='stripeevent', name='event_to_process'),
                migrations.RenameField(model_name='stripeevent', old_name='next_try_at', new_name='next_attempt_at'),
                migrations.AlterField(
                    model_name='stripeevent',
                    name='next_attempt_at',
                    field=models.DateTimeField(db_column='next_try_at', db_default=Now(), null=True),
                ),
                migrations.RenameField(model_name='stripeevent', old_name='tries', new_name='attempts'),
                migrations.AlterField(
                    model_name='stripeevent',
                    name='attempts',
                    field=models.PositiveSmallIntegerField(db_column='tries', default=0),
                ),
                migrations.AddIndex(
                    model_name='stripeevent',
                    index=models.Index(
                        condition=models.Q(('next_attempt_at__isnull', False)),
                        fields=['next_attempt_at'],
                        name='event_to_process',
                    ),
                ),
            ],
        ),
    ]
