"""The roles for billing and operation may see the calls to the model and what they cost."""

from django.db import migrations

ROLES = ("billing", "operator")


def let_see(apps, schema_editor):
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label="billing", model="modelcall")
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename="view_modelcall", defaults={"name": "Can view model call"}
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("config", "0002_roles_see_payment_issues"), ("billing", "0009_model_calls")]

    operations = [migrations.RunPython(let_see, migrations.RunPython.noop)]
