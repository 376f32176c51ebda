"""Whatever changes a source of entitlements, the entitlement is computed anew in the same transaction.

Signals of the models, not of dj-stripe's events: they fire for a webhook, a reconciliation, a command and the admin.
"""

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver
from djstripe.models import Customer, Subscription

from accounts.models import User
from billing import entitlements
from billing.models import Grant


@receiver([post_save, post_delete], sender=Subscription)
def _subscription_changed(instance: Subscription, **_: Any) -> None:
    subscriber = Customer.objects.filter(id=instance.customer_id).values_list("subscriber_id", flat=True).first()
    _rewrite_stripe(subscriber)


@receiver(pre_save, sender=Customer)
def _customer_changes(instance: Customer, **_: Any) -> None:
    before = Customer.objects.filter(pk=instance.pk).values_list("subscriber_id", flat=True).first()
    instance._subscriber_before = before  # noqa: SLF001  it goes with the row


@receiver([post_save, post_delete], sender=Customer)
def _customer_changed(instance: Customer, **_: Any) -> None:
    for subscriber_id in {instance.subscriber_id, getattr(instance, "_subscriber_before", None)}:
        _rewrite_stripe(subscriber_id)


@receiver([post_save, post_delete], sender=Grant)
def _grant_changed(instance: Grant, **_: Any) -> None:
    if User.objects.filter(pk=instance.user_id).exists():  # else it goes with its user
        entitlements.rewrite_grant(user_id=instance.user_id)


def _rewrite_stripe(subscriber_id: int | None) -> None:
    if subscriber_id is not None and User.objects.filter(pk=subscriber_id).exists():
        entitlements.rewrite_stripe(user_id=subscriber_id)
