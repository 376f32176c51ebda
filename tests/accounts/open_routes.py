"""A request to each open route that names a number."""

from typing import Any

from tests.accounts.conftest import PASSWORD

REQUESTS: dict[str, dict[str, Any]] = {
    "signup": {"password": PASSWORD},
    "send-otp": {},
    "forgot-password": {},
    "verify-otp": {"otp": "000000"},
    "reset-password": {"otp": "000000", "new_password": PASSWORD},
    "login": {"password": "not the password of anybody"},
}
