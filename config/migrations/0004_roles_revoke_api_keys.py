"""The roles for support and operation may see API keys, never their secrets, and revoke them."""

from django.db import migrations

ROLES = ("support", "operator")
PERMISSIONS = {"view_apikey": "Can view api key", "revoke_apikey": "Can revoke API keys"}


def let_revoke(apps, schema_editor):
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label="accounts", model="apikey")
    of_keys = [
        apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )[0]
        for codename, name in PERMISSIONS.items()
    ]
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.add(*of_keys)


class Migration(migrations.Migration):
    dependencies = [("config", "0003_roles_see_model_calls"), ("accounts", "0011_api_keys")]

    operations = [migrations.RunPython(let_revoke, migrations.RunPython.noop)]
