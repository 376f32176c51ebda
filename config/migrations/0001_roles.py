"""The roles of the staff, as groups. Reading what was said belongs to none of them: it is given by name."""

from django.db import migrations

VIEW_SUPPORT = [
    "accounts.user",
    "accounts.staffaction",
    "billing.grant",
    "billing.ledgerentry",
    "billing.stripeevent",
    "chatrooms.chatroom",
    "chatrooms.reply",
    "djstripe.customer",
    "djstripe.invoice",
    "djstripe.subscription",
]
VIEW_BILLING = [
    "accounts.user",
    "accounts.staffaction",
    "billing.grant",
    "billing.ledgerentry",
    "billing.serviceusage",
    "billing.stripeevent",
    "billing.tier",
    "djstripe.customer",
    "djstripe.invoice",
    "djstripe.price",
    "djstripe.subscription",
]
DO_SUPPORT = {
    "accounts.user": ["disable_user", "erase_user", "export_user", "sign_out_user", "unlock_user"],
    "billing.dailyusage": ["give_back_units"],
    "billing.entitlement": ["resync_customer"],
    "billing.grant": ["give_grant", "revoke_grant"],
    "billing.stripeevent": ["replay_stripeevent"],
    "chatrooms.reply": ["retry_reply"],
}
DO_BILLING = {
    "billing.dailyusage": ["give_back_units"],
    "billing.entitlement": ["resync_customer"],
    "billing.grant": ["give_grant", "revoke_grant"],
    "billing.stripeevent": ["replay_stripeevent"],
    "billing.tier": ["change_tier"],
}
VIEW = {
    "support": VIEW_SUPPORT,
    "billing": VIEW_BILLING,
    "operator": sorted({*VIEW_SUPPORT, *VIEW_BILLING, "django_celery_results.taskresult"}),
}
DO = {"support": DO_SUPPORT, "billing": DO_BILLING, "operator": {**DO_SUPPORT, "billing.tier": ["change_tier"]}}


def make_roles(apps, schema_editor):
    """Django makes permissions only after all migrations, so those that the roles need are made here."""
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")

    def permission(model, codename):
        app, name = model.split(".")
        kind, _ = ContentType.objects.get_or_create(app_label=app, model=name)
        made, _ = Permission.objects.get_or_create(
            content_type=kind, codename=codename, defaults={"name": f"Can {codename.replace('_', ' ')}"}
        )
        return made

    for role, models in VIEW.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.add(*(permission(model, f"view_{model.split('.')[1]}") for model in models))
        group.permissions.add(
            *(permission(model, codename) for model, codenames in DO[role].items() for codename in codenames)
        )


def remove_roles(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=VIEW).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("accounts", "0004_desk"),
        ("billing", "0003_desk"),
        ("chatrooms", "0005_desk"),
    ]

    operations = [migrations.RunPython(make_roles, remove_roles)]
