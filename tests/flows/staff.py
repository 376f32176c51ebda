"""Somebody of the staff in a stack's database, made as no API would, and how they sign in at the desk."""

import re
import subprocess
import sys

import requests

from tests.desk.conftest import PASSWORD, SEED
from tests.stack import PATIENCE, ROOT, Stack

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


class Browser:
    """A client that has opened the sign-in page from some address."""

    def __init__(self, url: str, number: str, address: str) -> None:
        self.number = number
        self.url, self.http = f"{url}/admin/login/", requests.Session()
        self.http.headers["X-Forwarded-For"] = address
        page = self.http.get(self.url, timeout=PATIENCE).text
        found = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found
        self.token = found[1]

    def sign_in(self, password: str, code: str) -> requests.Response:
        given = {"username": self.number, "password": password, "otp_token": code, "csrfmiddlewaretoken": self.token}
        # Redirections are followed: whoever is let in gets to the first page.
        return self.http.post(f"{self.url}?next=/admin/", data=given, timeout=PATIENCE)
