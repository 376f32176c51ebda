from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('chatrooms', '0012_replies_asked_for_in_dialects'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='chatroom',
            index=models.Index(condition=models.Q(('kind', 'chat'), _negated=True), fields=['updated_at'], name='room_hidden_by_activity'),
        ),
    ]
