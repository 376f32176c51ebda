from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chatrooms', '0003_live_replies'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='first_token_ms',
            field=models.PositiveIntegerField(null=True),
        ),
    ]
