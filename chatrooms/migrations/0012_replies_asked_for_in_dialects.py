from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chatrooms', '0011_files'),
    ]

    operations = [
        migrations.AddField(
            model_name='chatroom',
            name='kind',
            field=models.CharField(choices=[('chat', 'Chat'), ('completion', 'Completion'), ('response', 'Response')], db_default='chat', default='chat', max_length=10),
        ),
        migrations.AddField(
            model_name='message',
            name='asked',
            field=models.JSONField(null=True),
        ),
    ]
