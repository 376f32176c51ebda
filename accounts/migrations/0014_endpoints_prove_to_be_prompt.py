from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_api_keys_name_origins'),
    ]

    operations = [
        migrations.AddField(
            model_name='webhookendpoint',
            name='prompt_since',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
