"""Every role of the staff may see disputes and refunds."""

from django.db import migrations

ROLES = ("support", "billing", "operator")


def let_see(apps, schema_editor):
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="billing", model="paymentissue"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename="view_paymentissue", defaults={"name": "Can view payment issue"}
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("config", "0001_roles"), ("billing", "0006_payment_issues")]

    operations = [migrations.RunPython(let_see, migrations.RunPython.noop)]
