"""Webhook endpoints and deliveries in the admin: seen without a secret, and disabled for a reason."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import EventType, StaffAction, User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoints, outbox
from tests.admin.conftest import page_of
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/webhookendpoint/"
DELIVERIES = "/admin/accounts/webhookdelivery/"


@pytest.fixture
def shown(alice: User) -> endpoints.Shown:
    made = endpoints.make(user_id=alice.pk, url="https://hooks.example.com/k", event_types=[EventType.REPLY_DONE])
    outbox.tell(user_id=alice.pk, type=EventType.REPLY_DONE, data={"reply_id": 8})
    return made


def disable(client: Client, **form: str) -> Any:
    return client.post(f"{LIST}{WebhookEndpoint.objects.get().pk}/do/disable_webhook/", form)


def test_staff_see_endpoints_without_secrets(staff_client: Client, alice: User, shown: endpoints.Shown) -> None:
    for path in (LIST, f"{LIST}{shown.endpoint.pk}/change/", page_of(alice)):
        page = staff_client.get(path).content.decode()
        assert "https://hooks.example.com/k" in page
        assert shown.secret not in page
        assert "sealed" not in page.lower()


def test_staff_see_deliveries(staff_client: Client, alice: User, shown: endpoints.Shown) -> None:
    found = staff_client.get(DELIVERIES, {"q": str(alice.pk)}).content.decode()
    assert "reply.done" in found
    assert f"user {alice.pk}" in found
    page = staff_client.get(f"{DELIVERIES}{WebhookDelivery.objects.get().pk}/change/").content.decode()
    assert "pending" in page.lower()


def test_disabling_an_endpoint_is_recorded_with_its_reason(
    staff_client: Client, support: User, alice: User, shown: endpoints.Shown
) -> None:
    disable(staff_client, reason="It is someone else's server")
    url = f"/webhook-endpoints/{shown.endpoint.pk}"
    told = signed_in(alice).get(url).json()
    assert (told["enabled"], told["disabled_reason"]) == (False, "staff")
    assert WebhookDelivery.objects.get().status == "failed"
    action = StaffAction.objects.get(action="disable_webhook")
    assert (action.staff_id, action.user_id, action.outcome) == (support.pk, alice.pk, "done")
    assert (action.target, action.reason) == (
        f"webhook endpoint {shown.endpoint.pk}",
        "It is someone else's server",
    )
    assert "/do/disable_webhook/" not in staff_client.get(f"{LIST}{shown.endpoint.pk}/change/").content.decode()


def test_a_disabling_needs_a_reason(staff_client: Client, shown: endpoints.Shown) -> None:
    disable(staff_client, reason="")
    assert WebhookEndpoint.objects.get().enabled
    assert not StaffAction.objects.exists()


def test_only_support_and_operators_disable_endpoints(
    make_staff: Callable[..., User], client_of: Callable[[User], Client], shown: endpoints.Shown
) -> None:
    statuses = {role: disable(client_of(make_staff(role))).status_code for role in ("billing", "support", "operator")}
    assert statuses == {"billing": 403, "support": 200, "operator": 200}, "200: the form asks for the reason"
    assert WebhookEndpoint.objects.get().enabled
