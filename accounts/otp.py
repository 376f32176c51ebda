"""One-time codes: requested within exact ceilings, and proved."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import audit, delivery, failed_attempts
from accounts.codes import GUESSES, RESEND_AFTER, digest_of
from accounts.exceptions import InvalidCode, SmsCeilingReached, TooManyCodes
from accounts.models import FailedAttempts, OneTimeCode, Purpose
from accounts.phone_numbers import country_of, prefix_of
from config.celery import publish
from config.observability import metrics

log = structlog.get_logger(__name__)

ISSUING: Final = 6_170_715
"""Number of the one advisory lock under which SMS are counted."""

LOCK_SECONDS: Final = 2
"""How long to wait for it. A web process waits longer for any statement, so no statement is left running."""

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """A request for a code.

    Attributes:
        mobile_number: in E.164.
        purpose: what the code will be good for.
        user_id: whose, for the purposes of a signed-in user.
    """

    mobile_number: str
    purpose: Purpose
    user_id: int | None = None

    def match(self) -> Q:
        """Return what finds the codes of this request."""
        user = Q(user=None) if self.user_id is None else Q(user=self.user_id)
        return Q(mobile_number=self.mobile_number, purpose=self.purpose) & user


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAttempt:
    """Digits that a client sends for a code that was requested."""

    request: CodeRequest
    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """At most `limit` codes with these field values in any `period`."""

    match: dict[str, Any]
    limit: int
    period: timedelta

    def until_room(self) -> Any:
        """The time until the oldest code of a full window leaves it, by the database's clock; no row if not full."""
        newest = OneTimeCode.objects.filter(**self.match).order_by("-created_at")
        wait = F("created_at") + Value(self.period) - Now()
        return newest.annotate(wait=wait).values_list("wait", flat=True)[self.limit - 1 : self.limit]


def request(*code_requests: CodeRequest, address: str) -> list[str | None]:
    """Request one code each, all or none; a refused request leaves no trace.

    Args:
        code_requests: whom to send what.
        address: the client's network (`config.http.client_address.network_of`); kept as a keyed hash only.

    Returns:
        With `SMS_DELIVERY=response` the digits in the order of `code_requests`, otherwise None for each.

    Raises:
        TooManyFailedAttempts: the number is locked, so that a code would be of no use.
        TooManyCodes: a ceiling of the number, of numbers near it or of the client's network; `retry_after` is exact.
        SmsCeilingReached: a ceiling of the country or of all together.
    """
    origin = salted_hmac("accounts.code_address", address, algorithm="sha256").hexdigest()
    for code_request in code_requests:
        failed_attempts.refuse_locked(mobile_number=code_request.mobile_number, kind=FailedAttempts.Kind.CODE)
        _refuse_beyond_ceilings(code_request, origin)
    with transaction.atomic():
        _count_alone()
        codes = [_issue(code_request, origin) for code_request in code_requests]
    return [_show(code) for code in codes]


def prove(*attempts: CodeAttempt) -> None:
    """Accept the digits, all or none, and use them up; each number may fail only so often.

    A guess counts as a failure only if there is an active code. Counts are committed even if the code is refused.

    Raises:
        InvalidCode: any of them is not right, or there is no live code.
        TooManyFailedAttempts: a number is locked; nothing was evaluated or counted.
    """
    with transaction.atomic():
        # In the order of numbers, so that two users who exchange their numbers cannot deadlock.
        guessed = [_guess(attempt) for attempt in sorted(attempts, key=lambda attempt: attempt.request.mobile_number)]
        right = [code for code in guessed if code is not None]
        if accepted := len(right) == len(attempts):
            for code in right:
                _use_up(code)
    if not accepted:
        audit.record("code_refused", user_id=attempts[0].request.user_id)
        raise InvalidCode


def pending_number(*, user_id: int) -> str | None:
    """Return the number that the user last requested to change to, or None."""
    asked = OneTimeCode.objects.filter(user_id=user_id, purpose=Purpose.CHANGE_NUMBER_NEW)
    return asked.order_by("-pk").values_list("mobile_number", flat=True).first()


# Requesting


def _count_alone() -> None:
    """Count and insert one after another, across processes: the lock ends with the transaction.

    After `LOCK_SECONDS` (a suspended process may hold the lock) the client gets a 503.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_SECONDS}s"])
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ISSUING])


def _issue(code_request: CodeRequest, origin: str) -> OneTimeCode:
    _refuse_beyond_ceilings(code_request, origin)
    code = OneTimeCode.objects.create(
        mobile_number=code_request.mobile_number,
        purpose=code_request.purpose,
        user_id=code_request.user_id,
        prefix=prefix_of(code_request.mobile_number),
        country=country_of(code_request.mobile_number),
        address=origin,
    )
    if settings.SMS_DELIVERY != "response":
        transaction.on_commit(partial(publish, "accounts.tasks.send_code", code.pk))
    return code


def _show(code: OneTimeCode) -> str | None:
    """Create the digits at once if the response itself delivers them."""
    armed = delivery.arm(code_id=code.pk) if settings.SMS_DELIVERY == "response" else None
    return armed.digits if armed else None


def _refuse_beyond_ceilings(code_request: CodeRequest, origin: str) -> None:
    if (wait := _wait(*_own_windows(code_request, origin))) > 0:
        raise TooManyCodes(retry_after=wait)
    for window in _common_windows(code_request):
        if (wait := _wait(window)) > 0:
            metrics.sms_ceilings.labels("country" if window.match else "all").inc()
            log.error("sms_ceiling_reached", country=window.match.get("country", "all"), limit=window.limit)
            raise SmsCeilingReached(retry_after=wait)


def _wait(first: _Window, *others: _Window) -> float:
    """Return the seconds until one more code fits into all these windows, in one query; zero or less: it fits now."""
    rows = first.until_room().union(*(window.until_room() for window in others), all=True)
    return max((wait.total_seconds() for wait in rows), default=0)


def _own_windows(code_request: CodeRequest, origin: str) -> Iterator[_Window]:
    """The ceilings of a number, of a client's network, and of a block of numbers (rented ones lie side by side)."""
    mobile_number, prefix = (
        {"mobile_number": code_request.mobile_number},
        {"prefix": prefix_of(code_request.mobile_number)},
    )
    yield _Window(match=mobile_number, limit=1, period=RESEND_AFTER)
    yield _Window(match=mobile_number, limit=settings.SMS_PER_NUMBER_HOUR, period=HOUR)
    yield _Window(match=mobile_number, limit=settings.SMS_PER_NUMBER_DAY, period=DAY)
    yield _Window(match={"address": origin}, limit=settings.SMS_PER_ADDRESS_HOUR, period=HOUR)
    yield _Window(match=prefix, limit=settings.SMS_PER_PREFIX_HOUR, period=HOUR)


def _common_windows(code_request: CodeRequest) -> Sequence[_Window]:
    country = {"country": country_of(code_request.mobile_number)}
    return (
        _Window(match=country, limit=settings.SMS_PER_COUNTRY_DAY, period=DAY),
        _Window(match={}, limit=settings.SMS_PER_DAY, period=DAY),
    )


# Proving


def _guess(attempt: CodeAttempt) -> OneTimeCode | None:
    """Evaluate one guess at the newest code, and return the code if the guess is right.

    The conditional update lets five through, however many arrive at once: each waits for the row and then asks its
    condition of the row as the one before left it. The failure is counted before the digits are compared.
    """
    code_request = attempt.request
    failed_attempts.refuse_locked(mobile_number=code_request.mobile_number, kind=FailedAttempts.Kind.CODE)
    newest = OneTimeCode.objects.filter(code_request.match()).order_by("-pk").first()
    if newest is None or not _live(newest.pk).update(guesses=F("guesses") + 1):
        return None
    failed_attempts.count(mobile_number=code_request.mobile_number, kind=FailedAttempts.Kind.CODE)
    code = OneTimeCode.objects.get(pk=newest.pk)
    return code if constant_time_compare(code.digest, digest_of(code, attempt.digits)) else None


def _live(code_id: int) -> QuerySet[OneTimeCode]:
    """The code if it may be guessed at now, by the database's clock."""
    return OneTimeCode.objects.filter(pk=code_id, guesses__lt=GUESSES, used_at=None, expires_at__gt=Now()).exclude(
        digest=""
    )


def _use_up(code: OneTimeCode) -> None:
    """Use up the code and clear its number's failures; the guess locked the row, so no other request can use it."""
    OneTimeCode.objects.filter(pk=code.pk).update(used_at=Now())
    failed_attempts.reset(mobile_number=code.mobile_number, kind=FailedAttempts.Kind.CODE)
