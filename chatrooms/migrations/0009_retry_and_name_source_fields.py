"""Fields are named for what they hold: when a reply is next attempted, its retries left, where a room's name came from.

The columns keep their names, so the database has nothing to do, and the code of the release before still works.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chatrooms', '0008_words_by_our_own_rule'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[
            migrations.RemoveConstraint(model_name='message', name='reply_tries_are_bounded'),
            migrations.RenameField(model_name='message', old_name='tries_left', new_name='retries_left'),
            migrations.RenameField(model_name='message', old_name='not_before', new_name='next_attempt_at'),
            migrations.RenameField(model_name='chatroom', old_name='naming', new_name='name_source'),
            migrations.RenameField(model_name='chatroom', old_name='title_tries', new_name='title_attempts'),
            migrations.AlterField(
                model_name='message',
                name='retries_left',
                field=models.PositiveSmallIntegerField(db_column='tries_left', default=3),
            ),
            migrations.AlterField(
                model_name='message',
                name='next_attempt_at',
                field=models.DateTimeField(db_column='not_before', null=True),
            ),
            migrations.AlterField(
                model_name='chatroom',
                name='name_source',
                field=models.CharField(choices=[('default', 'Default'), ('model', 'Model'), ('user', 'User')], db_column='naming', db_default='user', default='user', max_length=7),
            ),
            migrations.AlterField(
                model_name='chatroom',
                name='title_attempts',
                field=models.PositiveSmallIntegerField(db_column='title_tries', db_default=0, default=0),
            ),
            migrations.AddConstraint(
                model_name='message',
                constraint=models.CheckConstraint(condition=models.Q(('retries_left__lte', 3)), name='reply_tries_are_bounded'),
            ),
        ]),
    ]
