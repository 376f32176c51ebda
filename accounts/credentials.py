"""Signing in, and changing the password and the phone number.

What needs a hash acquires a slot for it before it uses a code up or counts an attempt (`accounts.hashing`).
"""

from contextlib import nullcontext
from functools import cache

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction

from accounts import audit, failed_attempts, hashing, otp, sessions
from accounts.exceptions import (
    InvalidCode,
    InvalidCredentials,
    NumberTaken,
    RecentSignInRequired,
    SessionEnded,
    WrongPassword,
)
from accounts.models import FailedAttempts, OneTimeCode, Purpose, Session, User
from accounts.passwords import normalised
from accounts.staff import audit_trail


def sign_in_by_code(*, mobile_number: str, digits: str, password: str | None, user_agent: str) -> Session:
    """Start a session; create the account if the number has none.

    Args:
        mobile_number: in E.164.
        digits: of the code.
        password: becomes the password of an account that has none; validated already.
        user_agent: as the client sent it.

    Raises:
        InvalidCode: the code is wrong, or the account is disabled (a stranger gets the same response).
        TooManyFailedAttempts: the number is locked.
    """
    with hashing.slots.acquire() if password else nullcontext():
        otp.prove(
            otp.CodeAttempt(
                request=otp.CodeRequest(mobile_number=mobile_number, purpose=Purpose.SIGN_IN), digits=digits
            )
        )
        encoded = make_password(password and normalised(password))
    with transaction.atomic():
        user = _locked(mobile_number) or _created(mobile_number, encoded)
        if not user.is_active:
            audit.record("sign_in_failed", method="code", cause="disabled")
            raise InvalidCode
        if password and not user.has_usable_password():
            user.password = encoded
            user.save(update_fields=["password"])
            audit.record("password_changed", user_id=user.pk)
        return sessions.start(user=user, method=Session.Method.CODE, user_agent=user_agent)


def sign_in_by_password(*, mobile_number: str, password: str, user_agent: str) -> Session:
    """Start a session.

    Raises:
        InvalidCredentials: unknown number, wrong password, no password set, disabled account: one response for all.
        TooManyFailedAttempts: the number is locked.
    """
    user = User.objects.filter(mobile_number=mobile_number).first()
    if not _password_is_right(user, mobile_number=mobile_number, password=password) or user is None:
        audit.record("sign_in_failed", user_id=user.pk if user else None, method="password")
        raise InvalidCredentials
    with transaction.atomic():
        # Check again under lock: a change of the password in between ended all sessions.
        unchanged = {"pk": user.pk, "password": user.password, "mobile_number": mobile_number, "is_active": True}
        locked = User.objects.select_for_update(no_key=True).filter(**unchanged).first()
        if locked is None:
            raise InvalidCredentials
        return sessions.start(user=locked, method=Session.Method.PASSWORD, user_agent=user_agent)


def reset_password(*, mobile_number: str, digits: str, new_password: str) -> None:
    """Set a new password by code; every session ends, and so does a lock of the old password.

    Raises:
        InvalidCode: the code is wrong, or the number has no active account.
        TooManyFailedAttempts: the number is locked.
    """
    with hashing.slots.acquire():
        otp.prove(
            otp.CodeAttempt(
                request=otp.CodeRequest(mobile_number=mobile_number, purpose=Purpose.RESET_PASSWORD), digits=digits
            )
        )
        encoded = make_password(normalised(new_password))
    with transaction.atomic():
        user = _locked(mobile_number)
        if user is None or not user.is_active:
            raise InvalidCode
        User.objects.filter(pk=user.pk).update(password=encoded)
        sessions.end_all(user_id=user.pk)
        failed_attempts.reset(mobile_number=mobile_number, kind=FailedAttempts.Kind.PASSWORD)
    audit.record("password_reset", user_id=user.pk)


def change_password(*, user: User, session: Session | None, old_password: str | None, new_password: str) -> None:
    """Set a new password; every other session ends.

    Args:
        user: who changes it.
        session: the session of the request; None in the admin, which has its own.
        old_password: required if the account has a password; otherwise a recent sign-in by code replaces it.
        new_password: validated already.

    Raises:
        WrongPassword: the old one is wrong, or was changed by another request.
        RecentSignInRequired: no password is set and this session is not fresh, or was not started by code.
        TooManyFailedAttempts: too many wrong old passwords.
    """
    mine = session.pk if session else None
    with hashing.slots.acquire():
        if session and not user.has_usable_password():
            _require_recent_sign_in(session)
        elif not _password_is_right(user, mobile_number=user.mobile_number, password=old_password or ""):
            raise WrongPassword
        encoded = make_password(normalised(new_password))
    with transaction.atomic():
        if not User.objects.filter(pk=user.pk, password=user.password).update(password=encoded):
            raise WrongPassword
        sessions.end_all(user_id=user.pk, but=mine)
        failed_attempts.reset(mobile_number=user.mobile_number, kind=FailedAttempts.Kind.PASSWORD)
    audit.record("password_changed", user_id=user.pk, session_id=mine)


def request_change_of_number(*, user: User, new_number: str, address: str) -> list[str | None]:
    """Send a code to the old number and one to the new number; only the owner of both can confirm the change.

    Returns and raises what `otp.request` does, for the old number and then the new.

    Raises:
        SessionEnded: since the request was authenticated, the account was erased, disabled or given another number.
    """
    with transaction.atomic():
        as_it_was = {"pk": user.pk, "mobile_number": user.mobile_number, "is_active": True}
        if User.objects.select_for_update(no_key=True).filter(**as_it_was).first() is None:
            raise SessionEnded
        return otp.request(*_code_requests(user, new_number), address=address)


def change_number(*, user: User, digits: str, new_digits: str) -> None:
    """Change to the number that was requested last, if both codes are right; every session ends.

    Raises:
        InvalidCode: one of the codes is wrong, or no change was requested.
        NumberTaken: another account has the number. Only a client that proved to own the number learns this.
        TooManyFailedAttempts: one of the numbers is locked.
    """
    new_number = otp.pending_number(user_id=user.pk)
    if new_number is None:
        raise InvalidCode
    old, new = _code_requests(user, new_number)
    otp.prove(otp.CodeAttempt(request=old, digits=digits), otp.CodeAttempt(request=new, digits=new_digits))
    try:
        with transaction.atomic():
            mine = User.objects.filter(pk=user.pk, mobile_number=old.mobile_number, is_active=True)
            if not mine.update(mobile_number=new_number):
                raise InvalidCode
            sessions.end_all(user_id=user.pk)
            _assign_rows_of_old_number(user_id=user.pk, mobile_number=old.mobile_number)
    except IntegrityError:
        raise NumberTaken from None
    audit.record("number_changed", user_id=user.pk)


def _assign_rows_of_old_number(*, user_id: int, mobile_number: str) -> None:
    """Assign what is stored under the old number to the account: an erasure will no longer know that number."""
    OneTimeCode.objects.filter(mobile_number=mobile_number, user=None).update(user=user_id)
    audit_trail.assign_number_actions(user_id=user_id, mobile_number=mobile_number)
    FailedAttempts.objects.filter(mobile_number=mobile_number).delete()


def _locked(mobile_number: str) -> User | None:
    """The account of a number, locked until the transaction ends; rows that refer to it can still be inserted."""
    return User.objects.select_for_update(no_key=True).filter(mobile_number=mobile_number).first()


def _created(mobile_number: str, encoded: str) -> User:
    """A new account, or the one that another request creates for the same number at this moment."""
    User.objects.bulk_create([User(mobile_number=mobile_number, password=encoded)], ignore_conflicts=True)
    return User.objects.select_for_update(no_key=True).get(mobile_number=mobile_number)


def _code_requests(user: User, new_number: str) -> tuple[otp.CodeRequest, otp.CodeRequest]:
    return (
        otp.CodeRequest(mobile_number=user.mobile_number, purpose=Purpose.CHANGE_NUMBER_OLD, user_id=user.pk),
        otp.CodeRequest(mobile_number=new_number, purpose=Purpose.CHANGE_NUMBER_NEW, user_id=user.pk),
    )


def _require_recent_sign_in(session: Session) -> None:
    if not sessions.recent(session).filter(method=Session.Method.CODE).exists():
        raise RecentSignInRequired


def _password_is_right(user: User | None, *, mobile_number: str, password: str) -> bool:
    """Check a password; the same work is done for an unknown number.

    Raises:
        TooManyFailedAttempts: the number is locked; nothing was checked.
    """
    with hashing.slots.acquire():  # without a slot, no attempt is counted
        failed_attempts.count(mobile_number=mobile_number, kind=FailedAttempts.Kind.PASSWORD)
        known = user if user and user.has_usable_password() else None
        right = check_password(normalised(password), known.password if known else _dummy_hash())
    if not right or known is None:
        return False
    failed_attempts.reset(mobile_number=mobile_number, kind=FailedAttempts.Kind.PASSWORD)
    return known.is_active


@cache
def _dummy_hash() -> str:
    """A hash to compare with when the account has none; it takes as long to check as a real one."""
    return make_password("a dummy password")
