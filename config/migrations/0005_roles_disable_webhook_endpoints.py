"""The roles for support and operation may see webhook endpoints and deliveries, never secrets, and disable endpoints."""

from django.db import migrations

ROLES = ("support", "operator")
PERMISSIONS = {
    "webhookendpoint": {
        "view_webhookendpoint": "Can view webhook endpoint",
        "disable_webhookendpoint": "Can disable webhook endpoints",
    },
    "webhookdelivery": {"view_webhookdelivery": "Can view webhook delivery"},
}


def let_disable(apps, schema_editor):
    found = []
    for model, permissions in PERMISSIONS.items():
        kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label="accounts", model=model)
        found += [
            apps.get_model("auth", "Permission").objects.get_or_create(
                content_type=kind, codename=codename, defaults={"name": name}
            )[0]
            for codename, name in permissions.items()
        ]
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [("config", "0004_roles_revoke_api_keys"), ("accounts", "0012_outgoing_webhooks")]

    operations = [migrations.RunPython(let_disable, migrations.RunPython.noop)]
