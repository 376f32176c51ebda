"""A proxy that drops the port from `Host` locks no staff out: `WEB_ORIGIN` is trusted, and no other origin is."""

import re

import pytest
from django.conf import settings
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_sign_in_form_is_accepted_from_web_origin_only() -> None:
    host, _, port = settings.WEB_ORIGIN.partition("://")[2].partition(":")
    assert port, "the case needs an origin with a port"
    client = Client(enforce_csrf_checks=True, headers={"Host": host})
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/admin/login/").content.decode())
    assert found
    form = {"csrfmiddlewaretoken": found[1], "username": "+919812300001", "password": "x", "otp_token": "1"}

    def status(origin: str) -> int:
        return client.post("/admin/login/", form, headers={"Origin": origin}).status_code

    assert status(settings.WEB_ORIGIN) == 200, "refused for its password, not for its origin"
    for other in (f"http://{host}:{int(port) + 1}", f"https://{host}:{port}", "http://evil.example", "null"):
        assert status(other) == 403, other
