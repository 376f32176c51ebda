"""`Idempotency-Key` of the requests that lead to Stripe: a repeat gets the first object as it is now."""

from typing import Any

import pytest

from accounts.models import IdempotencyKey, User
from billing import mirror
from tests.billing.stripe_fixtures import customer_of
from tests.clients import signed_in
from tests.doubles.stripe.client import StripeDouble
from tests.factories import make_user

pytestmark = pytest.mark.django_db

ROUTES = ["/subscribe/pro", "/subscription/portal"]


@pytest.fixture
def user(stripe_double: StripeDouble) -> User:
    """A user who has started to subscribe, so that both routes work."""
    user = make_user()
    assert post(user, "/subscribe/pro").status_code == 200
    return user


def post(user: User, path: str, key: str | None = None, body: Any = None) -> Any:
    return signed_in(user).post(path, body, format="json", headers={"Idempotency-Key": key} if key is not None else {})


def test_a_repeat_gets_the_same_session(user: User, stripe_double: StripeDouble) -> None:
    first, second = (post(user, "/subscribe/pro", "one") for _ in range(2))
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert first.json() == second.json()


def test_a_repeat_after_the_payment_gets_the_paid_session(user: User, stripe_double: StripeDouble) -> None:
    first = post(user, "/subscribe/pro", "one").json()
    stripe_double.pay(first["checkout_url"])
    mirror.refresh_customer(customer_id=customer_of(user))
    again = post(user, "/subscribe/pro", "one")
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    assert again.json() == {**first, "checkout_url": None}
    other = post(user, "/subscribe/pro", "two")
    assert (other.status_code, other.json()["code"]) == (409, "already_subscribed")
    assert IdempotencyKey.objects.count() == 1, "failures are not kept"


def test_a_repeat_gets_its_session_although_another_is_open(user: User, stripe_double: StripeDouble) -> None:
    first = post(user, "/subscribe/pro", "one").json()
    stripe_double.advance(2 * 24 * 3600)
    later = post(user, "/subscribe/pro", "two").json()
    assert later["session_id"] != first["session_id"]
    assert post(user, "/subscribe/pro", "one").json() == {**first, "checkout_url": None}


def test_a_repeat_gets_a_portal_address_that_works(user: User) -> None:
    first, second = (post(user, "/subscription/portal", "one") for _ in range(2))
    assert "Idempotency-Replayed" not in first
    assert (second.status_code, second["Idempotency-Replayed"]) == (200, "true")
    assert first.json()["portal_url"] != second.json()["portal_url"]


@pytest.mark.parametrize("path", ROUTES)
def test_another_body_is_refused(user: User, path: str) -> None:
    assert post(user, path, "one", {"a": 1}).status_code == 200
    response = post(user, path, "one", {"a": 2})
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert post(user, path, "one", {"a": 1})["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("key", ["", "x" * 256, "\u00e9", "a\tb"])
def test_a_malformed_key_is_refused_without_calling_stripe(
    user: User, stripe_double: StripeDouble, path: str, key: str
) -> None:
    stripe_double.switch(down=True)
    response = post(user, path, key)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_idempotency_key")
    assert not IdempotencyKey.objects.exists()


def test_the_same_key_of_another_user_is_another_key(user: User) -> None:
    other = make_user()
    mine, theirs = post(user, "/subscribe/pro", "one"), post(other, "/subscribe/pro", "one")
    assert mine.json()["session_id"] != theirs.json()["session_id"]
    assert "Idempotency-Replayed" not in theirs
