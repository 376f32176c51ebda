import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_idempotency_reference'),
    ]

    operations = [
        migrations.AlterField(
            model_name='staffaction',
            name='staff',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        # Backwards, the constraint holds again, and forgets who is gone.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            """
            UPDATE accounts_staffaction SET staff_id = NULL
            WHERE NOT EXISTS (SELECT FROM accounts_user WHERE accounts_user.id = staff_id)
            """,
        ),
    ]
