"""The lock on sign-ins to the admin, which counts an attempt before it is evaluated.

django-axes (8.3.1) checks the lock, evaluates the password, and counts the failure afterwards. With Argon2 in between,
forty parallel attempts were all evaluated. Its table, middleware and lockout page are still used.
"""

from typing import Any, Final

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from accounts import audit

COUNT_ATTEMPT: Final = """
    INSERT INTO axes_accessattempt AS known (
        username, ip_address, user_agent, http_accept, path_info, get_data, post_data, attempt_time,
        failures_since_start
    )
    VALUES (%(name)s, %(address)s, '', '', '', '', '', statement_timestamp(), 1)
    ON CONFLICT (username, ip_address, user_agent) DO UPDATE SET
        failures_since_start = CASE
            WHEN known.attempt_time <= statement_timestamp() - %(cool_off)s THEN 1
            ELSE known.failures_since_start + 1
        END,
        attempt_time = statement_timestamp()
    WHERE known.failures_since_start < %(limit)s OR known.attempt_time <= statement_timestamp() - %(cool_off)s
    RETURNING failures_since_start
"""
"""A refused attempt changes nothing, so further attempts do not extend a lock."""


class CountingHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts every attempt as a failure until it succeeds, whether the password or the code was wrong."""

    def is_allowed(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Count the attempt and return whether to evaluate it. axes calls this once per attempt."""
        parameters = {
            "name": get_client_username(request, credentials),
            "address": request.axes_ip_address,  # type: ignore[attr-defined]
            "cool_off": settings.AXES_COOLOFF_TIME,
            "limit": settings.AXES_FAILURE_LIMIT,
        }
        with connection.cursor() as cursor:
            cursor.execute(COUNT_ATTEMPT, parameters)
            row = cursor.fetchone()
        if row and row[0] == settings.AXES_FAILURE_LIMIT:
            audit.record("locked", kind="desk")
        return row is not None

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        """Only show the lockout page to a locked client: the attempt is counted already."""
        if request is not None and request.axes_locked_out:  # type: ignore[attr-defined]
            super().user_login_failed(sender, credentials, request, **kwargs)
