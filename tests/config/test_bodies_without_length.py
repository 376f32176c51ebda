"""Forms of the admin and Stripe's events are read to their end, too, when they come without Content-Length."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from billing import webhook
from billing.models import StripeEvent
from tests.admin.conftest import PASSWORD, code_of, make_staff
from tests.billing.stripe_fixtures import event_body, signature_of
from tests.config.chunked import send_chunked

__all__ = ["make_staff"]

pytestmark = pytest.mark.django_db(transaction=True)  # the application closes its connections itself

FORM = "application/x-www-form-urlencoded"


def post(path: str, body: bytes, content_type: str, **headers: str) -> tuple[int, bytes]:
    return send_chunked("POST", path, body, content_type=content_type, **headers)


def test_the_sign_in_of_the_admin_reads_its_form(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    client = Client(enforce_csrf_checks=True)
    page = client.get("/admin/login/").content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    form = {"csrfmiddlewaretoken": found[1], "username": number, "password": PASSWORD, "otp_token": code_of()}
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    assert post("/admin/login/", urlencode(form).encode(), FORM, cookie=cookie)[0] == 302
    assert post("/admin/login/", b"", FORM, cookie=cookie)[0] == 403, "an empty form has no CSRF token"


def test_a_form_that_is_too_long_is_refused() -> None:
    body = b"username=" + b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    status, _ = post("/admin/login/", body, FORM)
    assert 400 <= status < 500


def test_an_event_of_stripes_is_read(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_for_this_test"]
    monkeypatch.setattr(webhook, "publish", lambda *_: True)
    body = event_body()
    header = signature_of(body, "whsec_for_this_test")
    assert post("/webhook/stripe", body, "application/json", stripe_signature=header)[0] == 200
    assert StripeEvent.objects.count() == 1
    assert post("/webhook/stripe", b"", "application/json", stripe_signature=header)[0] == 400


def test_an_event_that_is_too_long_is_refused() -> None:
    assert post("/webhook/stripe", b" " * (webhook.LIMIT + 1), "application/json")[0] == 413
