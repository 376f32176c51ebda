"""Somebody of the staff in a stack's database, made as no API would."""

import subprocess
import sys

from tests.desk.conftest import PASSWORD, SEED
from tests.stack import ROOT, Stack

MAKE = """
from django.contrib.auth.models import Group
from django_otp.plugins.otp_totp.models import TOTPDevice
from accounts.models import User

staff = User.objects.create_user({number!r}, {password!r}, is_staff=True)
staff.groups.set([Group.objects.get(name={role!r})])
TOTPDevice.objects.create(user=staff, name="authenticator", key={seed!r})
"""


def make_staff(stack: Stack, number: str, role: str = "support") -> None:
    """Make one of the staff who has this role and nothing else, and the authenticator of `tests.desk.conftest`."""
    script = MAKE.format(number=number, password=PASSWORD, role=role, seed=SEED)
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", script],
        cwd=ROOT,
        env=stack.environment,
        check=True,
        capture_output=True,
    )
