import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_outgoing_webhooks'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='allowed_origins',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=255), db_default=[], default=list, size=None),
        ),
    ]
