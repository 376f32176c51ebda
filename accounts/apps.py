"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-in, sessions and limits."""

    name = "accounts"

    def ready(self) -> None:
        """Register how the API shows tokens, and what accounts know of erasures, exports, purges and figures."""
        # They need the app registry.
        from accounts import schema, statistics  # noqa: F401, PLC0415
        from accounts.personal_data import erasure, export, retention  # noqa: PLC0415
        from accounts.staff import audit_trail  # noqa: PLC0415

        erasure.register(erasure.Phase.ACCOUNT, "account", erasure.delete_account)
        erasure.register(erasure.Phase.RECORDS, "what the desk wrote", audit_trail.forget_reasons)
        statistics.register(statistics.sign_ups)
        for section in ("account", "sessions", "codes", "desk"):
            export.register(section, getattr(export, section))
        for name, outdated in (
            ("OneTimeCode", retention.codes),
            ("IdempotencyKey", retention.idempotency_keys),
            ("Session", retention.sessions),
            ("Tries", retention.tries),
            ("StaffAction", retention.staff_actions),
            ("desk sessions", retention.desk_sessions),
            ("desk tries", retention.desk_tries),
            ("desk failures", retention.desk_failures),
            ("TaskResult", retention.task_results),
        ):
            retention.register(name, outdated)
