"""Sign-ins at the desk: counted before they are evaluated, so that parallel ones cannot slip past the count.

django-axes (8.3.1) asks whether an address is locked, lets the password be checked, and counts afterwards: with Argon2
between the two, forty tries at once were all evaluated. Its rows, its middleware and its page stay in use.
"""

from typing import Any, Final

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from accounts import audit

COUNT: Final = """
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
"""A try that is refused changes nothing, so a lock ends when it should, however long somebody goes on."""


class CountingHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Takes every try for a failed one until it has succeeded, whatever was wrong with it: the password or the code."""

    def is_allowed(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Count a try, and tell whether it may be evaluated. axes asks once for each."""
        parameters = {
            "name": get_client_username(request, credentials),
            "address": request.axes_ip_address,  # type: ignore[attr-defined]
            "cool_off": settings.AXES_COOLOFF_TIME,
            "limit": settings.AXES_FAILURE_LIMIT,
        }
        with connection.cursor() as cursor:
            cursor.execute(COUNT, parameters)
            row = cursor.fetchone()
        if row and row[0] == settings.AXES_FAILURE_LIMIT:
            audit.record("locked", kind="desk")
        return row is not None

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        """Have the page of the lock shown to whoever is locked; everything else was counted already."""
        if request is not None and request.axes_locked_out:  # type: ignore[attr-defined]
            super().user_login_failed(sender, credentials, request, **kwargs)
