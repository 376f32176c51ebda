"""What webhooks missed is found and repaired; the API key is stored nowhere and can be changed."""

import io
import json
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from djstripe.models import Account, APIKey, Subscription

from accounts.models import User
from billing import checkout, entitlements, events, reconcile, stripe_api
from billing.models import StripeEvent
from tests import scan
from tests.billing.stripe_fixtures import deliver, events_of, subscribe, subscriber
from tests.doubles.stripe.client import KEY, StripeDouble
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def run(*options: str) -> str:
    said = io.StringIO()
    call_command("reconcile_stripe", *options, stdout=said)
    return said.getvalue()


def is_pro(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_pro


def test_undelivered_events_are_found_and_processed(stripe_double: StripeDouble) -> None:
    users = [make_user() for _ in range(5)]
    for user in users:
        subscribe(stripe_double, user)
    StripeEvent.objects.all().delete()
    missed = reconcile.find_missed()
    assert missed == StripeEvent.objects.count() > 20
    assert reconcile.find_missed() == 0, "each is recorded once"
    for event_id in events.due_ids():
        events.process(event_id=event_id)
    assert events.due_ids() == []
    assert [is_pro(user) for user in users] == [True] * 5


@pytest.mark.parametrize("count", [4, pytest.param(10, marks=pytest.mark.faults)])
def test_users_match_stripe_after_a_fifth_of_events_is_lost(stripe_double: StripeDouble, count: int) -> None:
    users = [make_user() for _ in range(count)]
    subscriptions = [subscribe(stripe_double, user) for user in users]
    for number, subscription in enumerate(subscriptions):
        if number % 3 == 0:
            stripe_double.set_status(subscription, "canceled")
    for number, event in enumerate(stripe_double.objects("events").values()):
        if number % 5:
            events.process(event_id=deliver(event).pk)
    run()
    assert [is_pro(user) for user in users] == [number % 3 != 0 for number in range(count)]


@pytest.mark.parametrize("drift", ["status", "cancel_at", "missing"])
def test_a_row_that_differs_is_set_to_stripes_state(stripe_double: StripeDouble, drift: str) -> None:
    user, customer, subscription = subscriber(stripe_double)
    row = Subscription.objects.get(id=subscription)
    if drift == "missing":
        row.delete()
    else:
        row.stripe_data[drift] = {"status": "canceled", "cancel_at": 1}[drift]
        row.save()
    entitlements.recompute_stripe(user_id=user.pk)
    assert not is_pro(user)
    dry = json.loads(run("--dry-run", "--json"))
    assert (dry["drifted"], is_pro(user)) == ([customer], False)
    report = json.loads(run("--json"))
    assert (report["checked"], report["drifted"], report["failed"]) == (1, [customer], [])
    assert is_pro(user)
    assert json.loads(run("--json"))["drifted"] == []


def test_a_comparison_recomputes_rows_of_another_program(stripe_double: StripeDouble) -> None:
    """As `djstripe_sync_models` does: the rows are right, but the entitlement was not recomputed."""
    user, customer, subscription = subscriber(stripe_double)
    for status, expected in (("unpaid", False), ("active", True)):
        stripe_double.set_status(subscription, status)
        for content in stripe_api.subscriptions_of(customer_id=customer):
            Subscription.sync_from_stripe_data(content)
        assert Subscription.objects.get(id=subscription).stripe_data["status"] == status
        assert json.loads(run("--dry-run", "--json"))["drifted"] == []
        assert is_pro(user) is not expected
        assert json.loads(run("--json"))["drifted"] == []
        assert is_pro(user) is expected


def test_a_test_key_does_not_recompute_live_subscribers(stripe_double: StripeDouble) -> None:
    user, _, subscription = subscriber(stripe_double)
    live = Subscription.objects.get(id=subscription)
    live.pk, live.id, live.livemode = None, "sub_live", True
    live.save()
    Subscription.objects.filter(id=subscription).update(stripe_data={**live.stripe_data, "status": "canceled"})
    stripe_double.set_status(subscription, "canceled")
    assert reconcile.compare().drifted == []
    assert is_pro(user), "as under the live key"


def test_an_outage_of_stripe_is_an_error_of_the_command(stripe_double: StripeDouble) -> None:
    subscriber(stripe_double)
    stripe_double.switch(down=True)
    with pytest.raises(CommandError, match="payment_provider_away"):
        run()


def test_the_key_is_nowhere_in_the_database(stripe_double: StripeDouble) -> None:
    user, customer, _ = subscriber(stripe_double)
    for event in events_of(stripe_double, customer):
        events.process(event_id=deliver(event).pk)
    run()
    assert is_pro(user)
    assert (APIKey.objects.count(), Account.objects.count()) == (0, 0)
    from django.db import connection

    with connection.cursor() as cursor:  # in this transaction, whose rows no other connection sees
        for schema, table in cursor.execute(scan.TABLES).fetchall():
            cursor.execute(f'SELECT count(*) FROM "{schema}"."{table}" AS row WHERE row::text LIKE %s', [f"%{KEY}%"])
            assert cursor.fetchone() == (0,), table


def test_changing_the_key_breaks_nothing(stripe_double: StripeDouble, settings: Any) -> None:
    user, customer, subscription = subscriber(stripe_double)
    settings.STRIPE_SECRET_KEY = "sk_test_" + "another0" * 4
    stripe_double.switch(dead_keys=[KEY])
    stripe_double.set_status(subscription, "canceled")
    [ended] = events_of(stripe_double, customer, "customer.subscription.deleted")
    assert events.process(event_id=deliver(ended).pk) == "done"
    assert not is_pro(user)
    assert checkout.start(user_id=user.pk).url
    subscribe(stripe_double, user)
    run()
    assert is_pro(user)
    assert django_settings.STRIPE_SECRET_KEY != KEY


def test_an_ended_subscription_of_an_erased_account_is_no_drift(stripe_double: StripeDouble) -> None:
    user = make_user()
    stripe_double.set_status(subscribe(stripe_double, user), "canceled")
    Subscription.objects.all().delete()
    assert reconcile.compare().drifted == []
