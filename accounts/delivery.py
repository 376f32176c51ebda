"""Delivering one-time codes. The digits are created just before they are sent, and stored only as an HMAC."""

from dataclasses import dataclass
from typing import Final, Literal

from django.db.models import F
from django.db.models.functions import Now
from django.template.loader import render_to_string

from accounts import sms
from accounts.codes import LIFETIME, digest_of, new_digits
from accounts.models import OneTimeCode, Purpose
from accounts.models.codes import MAX_DELIVERIES
from config.observability import metrics

AIMS: Final = {
    Purpose.SIGN_IN: "sign in",
    Purpose.RESET_PASSWORD: "set a new password",
    Purpose.CHANGE_NUMBER_OLD: "leave this number",
    Purpose.CHANGE_NUMBER_NEW: "use this number",
}

Delivered = Literal["sent", "not_sent", "unknown", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """A code that has digits now. Only this object holds them in clear text."""

    code: OneTimeCode
    digits: str


def arm(*, code_id: int) -> Armed | None:
    """Give a waiting code its digits, and start its five minutes.

    Returns:
        None if the code is no longer waiting: it was sent, given up, or is too old.
    """
    code = OneTimeCode.objects.filter(pk=code_id).first()
    if code is None:
        return None
    digits = new_digits()
    armed = (
        OneTimeCode.objects.waiting()
        .filter(pk=code_id)
        .update(
            digest=digest_of(code, digits), deliveries=F("deliveries") + 1, sent_at=Now(), expires_at=Now() + LIFETIME
        )
    )
    return Armed(code=code, digits=digits) if armed else None


def send(*, code_id: int) -> Delivered:
    """Give a waiting code its digits and deliver them; call it outside any transaction.

    A code that was certainly not sent waits again, unless the provider refused it for good. If the worker dies in here,
    the code is lost, and the user can request another one after a minute: better than two SMS.
    """
    armed = arm(code_id=code_id)
    if armed is None:
        return "gone"
    outcome = _deliver(armed)
    metrics.sms.labels(outcome).inc()
    return outcome


def _deliver(armed: Armed) -> Delivered:
    code = armed.code
    words = {"digits": armed.digits, "aim": AIMS[Purpose(code.purpose)], "minutes": LIFETIME.seconds // 60}
    try:
        sms.deliver(mobile_number=code.mobile_number, text=render_to_string("accounts/sms.txt", words).strip())
    except sms.DeliveryUnknown:
        return "unknown"
    except sms.NotDelivered as failure:
        _put_back(armed, for_good=not failure.may_be_repeated)
        return "not_sent"
    return "sent"


def due() -> list[int]:
    """Return the ids of codes whose task was lost or whose delivery may be repeated."""
    return list(OneTimeCode.objects.due().order_by("pk").values_list("pk", flat=True))


def _put_back(armed: Armed, *, for_good: bool) -> None:
    mine = OneTimeCode.objects.filter(pk=armed.code.pk, digest=digest_of(armed.code, armed.digits))
    given_up = {"deliveries": MAX_DELIVERIES} if for_good else {}
    mine.update(digest="", sent_at=None, expires_at=None, **given_up)
