import phonenumbers
from django.db import migrations


def rename(apps, schema_editor):
    """Name accounts of Argentina's mobiles by the form with the 9: a number without it is read as one with it now.

    Who has an account under each form keeps both; the one without the 9 is then reached by its sessions and by support.
    """
    users = apps.get_model("accounts", "User").objects
    tries = apps.get_model("accounts", "Tries").objects
    codes = apps.get_model("accounts", "OneTimeCode").objects
    for pk, old in users.filter(mobile_number__regex=r"^\+54[1-8]").values_list("pk", "mobile_number"):
        new = f"+549{old[3:]}"
        if phonenumbers.is_valid_number(phonenumbers.parse(new)) and not users.filter(mobile_number=new).exists():
            tries.filter(number=new).delete()
            tries.filter(number=old).update(number=new)
            codes.filter(number=old).update(number=new)
            users.filter(pk=pk).update(mobile_number=new)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_replaced_tokens")]

    operations = [migrations.RunPython(rename, migrations.RunPython.noop)]
