"""API keys in the admin: seen by their beginning, and revoked for a reason."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.api_keys import key_text
from accounts.models import ApiKey, Scope, StaffAction, User
from tests.admin.conftest import page_of
from tests.clients import bearing, make_api_key

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/apikey/"


@pytest.fixture
def text(alice: User) -> key_text.KeyText:
    return make_api_key(alice, Scope.ROOMS_READ, Scope.USAGE_READ, name="Nightly report")


def page(text: key_text.KeyText) -> str:
    return f"{LIST}{text.id}/change/"


def revoke(client: Client, text: key_text.KeyText, **form: str) -> Any:
    return client.post(f"{LIST}{text.id}/do/revoke_api_key/", form)


@pytest.mark.parametrize(
    "path", [lambda text, user: LIST, lambda text, user: page(text), lambda text, user: page_of(user)]
)
def test_staff_see_prefix_scopes_and_last_use_but_no_secret(
    staff_client: Client, alice: User, text: key_text.KeyText, path: Callable[..., str]
) -> None:
    shown = staff_client.get(path(text, alice)).content.decode()
    key = ApiKey.objects.get()
    assert key.last_used_at is not None
    for fact in (key.prefix, "rooms:read, usage:read", "Nightly report", f"{key.last_used_at:%d %b %Y}"):
        assert fact in shown
    assert text.secret not in shown
    assert key.secret_hash not in shown


def test_staff_see_whose_pages_may_use_a_key(staff_client: Client, alice: User) -> None:
    text = make_api_key(alice, allowed_origins=["https://app.example.com", "http://127.0.0.1:3000"])
    shown = staff_client.get(page(text)).content.decode()
    assert "https://app.example.com, http://127.0.0.1:3000" in shown
    assert 'name="allowed_origins"' not in shown
    ApiKey.objects.update(allowed_origins=[])
    assert "https://app.example.com" not in staff_client.get(page(text)).content.decode()


def test_revoking_a_key_is_recorded_with_its_reason(
    staff_client: Client, support: User, alice: User, text: key_text.KeyText
) -> None:
    assert bearing(str(text)).get("/usage").status_code == 200
    revoke(staff_client, text, reason="Found in a public repository")
    assert bearing(str(text)).get("/usage").json()["code"] == "api_key_ended"
    action = StaffAction.objects.get(action="revoke_api_key")
    assert (action.staff_id, action.user_id, action.outcome) == (support.pk, alice.pk, "done")
    assert (action.target, action.reason) == (f"API key {text.id}", "Found in a public repository")


def test_a_revocation_needs_a_reason(staff_client: Client, text: key_text.KeyText) -> None:
    revoke(staff_client, text, reason="")
    assert bearing(str(text)).get("/usage").status_code == 200
    assert not StaffAction.objects.exists()


def test_a_revoked_key_has_no_button(staff_client: Client, text: key_text.KeyText) -> None:
    assert "/do/revoke_api_key/" in staff_client.get(page(text)).content.decode()
    revoke(staff_client, text, reason="x")
    assert "/do/revoke_api_key/" not in staff_client.get(page(text)).content.decode()


def test_only_support_and_operators_revoke_keys(
    make_staff: Callable[..., User], client_of: Callable[[User], Client], text: key_text.KeyText
) -> None:
    statuses = {
        role: revoke(client_of(make_staff(role)), text).status_code for role in ("billing", "support", "operator")
    }
    assert statuses == {"billing": 403, "support": 200, "operator": 200}, "200: the form asks for the reason"
    assert ApiKey.objects.get().revoked_at is None


@pytest.mark.parametrize("action", ["sign_out", "disable", "erase"])
def test_what_staff_do_to_the_account_ends_its_keys(
    staff_client: Client, alice: User, text: key_text.KeyText, action: str
) -> None:
    staff_client.post(f"/admin/accounts/user/{alice.pk}/do/{action}/", {"reason": "Abuse"})
    assert bearing(str(text)).get("/usage").json()["code"] == "api_key_ended"
