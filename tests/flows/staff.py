"""Staff in the database of a stack, and a client for the sign-in page of the admin."""

import re
import subprocess
import sys

import requests

from tests.admin.conftest import PASSWORD, SEED
from tests.stack import ROOT, Stack
from tests.waiting import TIMEOUT

SCRIPT = """
from django.contrib.auth.models import Group
from django_otp.plugins.otp_totp.models import TOTPDevice
from accounts.models import User

staff = User.objects.create_user({number!r}, {password!r}, is_staff=True)
staff.groups.set([Group.objects.get(name={role!r})])
TOTPDevice.objects.create(user=staff, name="authenticator", key={seed!r})
"""


def make_staff(stack: Stack, number: str, role: str = "support") -> None:
    """Create a staff member with this role and no other, and with the authenticator of `tests.admin.conftest`."""
    script = SCRIPT.format(number=number, password=PASSWORD, role=role, seed=SEED)
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", script],
        cwd=ROOT,
        env=stack.environment,
        check=True,
        capture_output=True,
    )


class Browser:
    """A client at the given IP address that has opened the sign-in page."""

    def __init__(self, url: str, number: str, address: str) -> None:
        self.number = number
        self.url, self.http = f"{url}/admin/login/", requests.Session()
        self.http.headers["X-Forwarded-For"] = address
        page = self.http.get(self.url, timeout=TIMEOUT).text
        found = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found
        self.token = found[1]

    def sign_in(self, password: str, code: str) -> requests.Response:
        form = {"username": self.number, "password": password, "otp_token": code, "csrfmiddlewaretoken": self.token}
        # Redirects are followed: a successful sign-in ends at the first page.
        return self.http.post(f"{self.url}?next=/admin/", data=form, timeout=TIMEOUT)
