"""Erasing an account: it is signed out at once, then deleted step by step (GDPR article 17).

The data belongs to several apps, and some of it is at Stripe, which may be unavailable. So every app registers its
steps, each is safe to repeat, and the account stays marked until the last step has succeeded: an erasure may be
delayed, but it is never skipped and never given up.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any, Final, Literal

import structlog
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.functions import Now

from accounts import audit, sign_out
from accounts.exceptions import SessionEnded, StaffAccount
from accounts.models import FailedAttempts, OneTimeCode, User, WebhookDelivery
from accounts.models.codes import MAX_DELIVERIES
from accounts.personal_data import registry
from accounts.personal_data.retention import delete_in_batches
from accounts.webhooks import outbox
from config.celery import publish

log = structlog.get_logger(__name__)

ERASE: Final = "accounts.tasks.erase"

STEP_LEASE: Final = timedelta(minutes=1)
"""How long a step may take before another worker assumes that this one died, and starts again at the first step."""

FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(minutes=10)
BATCH: Final = 100
"""Erasures that one run of `erase_due` publishes."""


def begin(*, user_id: int) -> None:
    """Mark the account for erasure and end all its sessions and API keys; a task does the rest.

    A request of the user either commits before the mark, so that the steps find its rows, or sees the mark and is
    refused: sign-in and `User.touch_rooms` lock the user's row too.

    Raises:
        StaffAccount: the account is a staff member's.
        SessionEnded: it is being erased already.
    """
    with transaction.atomic():
        living = User.objects.filter(pk=user_id, erasing_at=None)
        if not living.filter(is_staff=False).update(is_active=False, erasing_at=Now(), erase_next_attempt_at=Now()):
            raise StaffAccount if living.exists() else SessionEnded
        sign_out.everywhere(user_id=user_id)
        transaction.on_commit(partial(publish, ERASE, user_id), robust=True)
    audit.record("erasure_requested", user_id=user_id)


def due() -> list[int]:
    """Return the ids of accounts whose erasure is due: its task was lost, or an earlier attempt failed."""
    return list(User.objects.due().order_by("erase_next_attempt_at").values_list("pk", flat=True)[:BATCH])


def erase(*, user_id: int) -> Literal["done", "postponed", "not_due"]:
    """Run all steps for a marked account; call it outside any transaction.

    Returns:
        `postponed` if a step raised (the next attempt is after 5 s, 10 s and so on, up to 10 min), `not_due` if the
        account is not marked, or another worker is erasing it.
    """
    attempts = _claim(user_id)
    if not attempts:
        return "not_due"
    for step in sorted(registry.erasure_steps, key=lambda step: step.phase):
        _postpone(user_id, STEP_LEASE)
        try:
            step.run(user_id=user_id)
        except Exception as error:  # noqa: BLE001  its message may quote what is being erased
            pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
            _postpone(user_id, pause)
            log.warning(
                "erasure_postponed", user_id=user_id, step=step.name, cause=type(error).__name__, attempts=attempts
            )
            return "postponed"
    return "done"


def delete_account(*, user_id: int) -> None:
    """The last step: delete the account itself, and the rows that still belong to it.

    Of its one-time codes only the count stays for two days, without number and owner: otherwise a client that
    signs up and erases the account again and again would evade the ceilings of SMS.
    """
    with transaction.atomic():
        _forget(OneTimeCode.objects.filter(user=user_id), user_id=user_id)
    for rows in _belongings(user_id):
        delete_in_batches(rows)
    with transaction.atomic():
        user = User.objects.erasing().select_for_update().filter(pk=user_id).first()
        if user is None:
            return
        _forget(OneTimeCode.objects.filter(Q(mobile_number=user.mobile_number) | Q(user=user)), user_id=user_id)
        FailedAttempts.objects.filter(mobile_number=user.mobile_number).delete()
        outbox.tell_of_erasure(user_id=user_id)
        user.delete()
    audit.record("erasure_done", user_id=user_id)


def _claim(user_id: int) -> int:
    """Claim the erasure for this worker, and return the number of the attempt; 0 if it is not due."""
    mine = User.objects.due().filter(pk=user_id)
    if not mine.update(erase_next_attempt_at=Now() + STEP_LEASE, erase_attempts=F("erase_attempts") + 1):
        return 0
    return User.objects.values_list("erase_attempts", flat=True).get(pk=user_id)


def _postpone(user_id: int, pause: timedelta) -> None:
    User.objects.erasing().filter(pk=user_id).update(erase_next_attempt_at=Now() + pause)


def _belongings(user_id: int) -> Iterator[models.QuerySet[Any]]:
    """The rows, by table, that would be deleted with the user, all in one transaction that holds the user's lock."""
    for relation in User._meta.get_fields(include_hidden=True):  # noqa: SLF001  public despite its name
        if isinstance(relation, ForeignObjectRel) and relation.on_delete is models.CASCADE:
            yield models.QuerySet(relation.related_model).filter(**{relation.field.name: user_id})
    yield WebhookDelivery.objects.filter(endpoint__user_id=user_id)


def _forget(codes: models.QuerySet[OneTimeCode], *, user_id: int) -> None:
    """Keep of these codes only what the ceilings count, and delete the failed attempts at their numbers.

    Call it in a transaction: a guess at one of the codes is either counted before, or finds no code any more. Failed
    attempts at a number that another account has are kept, because they protect that account.
    """
    # In the order of numbers, as guesses lock them, so that there is no deadlock.
    numbers = set(codes.select_for_update().order_by("mobile_number", "pk").values_list("mobile_number", flat=True))
    others = User.objects.exclude(pk=user_id).filter(mobile_number=OuterRef("mobile_number"))
    FailedAttempts.objects.filter(~Exists(others), mobile_number__in=numbers).delete()
    codes.update(mobile_number="", user=None, digest="", expires_at=None, deliveries=MAX_DELIVERIES)
