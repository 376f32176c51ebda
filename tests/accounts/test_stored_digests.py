"""Digests that rows keep: one of an older release is found again, wherever the function that makes it has moved."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory

from accounts import idempotency
from accounts.staff import audit_trail, second_factor

NUMBER = "+919876543210"


def name_of_axes() -> str:
    return audit_trail.axes_username(RequestFactory().post("/admin/login/"), {"username": NUMBER})


@pytest.mark.parametrize(
    ("make", "kept"),
    [
        (lambda: audit_trail.alias_of(NUMBER), "number b10abde6c900b927"),
        (name_of_axes, "a99ab026c79537b9e366cdea2ef504c2dabda2a46d7e057ac62e664b5b0a8aab"),
        (
            lambda: idempotency._digest("key", "a key"),
            "b614707764c05af18cf053625cd7451d7bfff5fe08701ea0dd05f76aa9a9ca90",
        ),
        (lambda: second_factor.recovery_code_digest("abcd-efgh"), "YRRHO4LJQKO5YFNJ"),
    ],
    ids=["a number in the record of staff", "a name in the lock of the admin", "an idempotency key", "a recovery code"],
)
def test_a_digest_that_is_kept_never_changes(make: Callable[[], str], kept: str, settings: Any) -> None:
    settings.SECRET_KEY = "a-secret-key-that-an-installation-keeps-for-years"
    assert make() == kept
