from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-in, sessions and limits."""

    name = "accounts"

    def ready(self) -> None:
        # They need the app registry.
        from accounts import personal_data, schema, statistics  # noqa: F401, PLC0415
        from accounts.personal_data import ErasureStep, Phase, RetentionStep, erasure, export, retention  # noqa: PLC0415
        from accounts.staff import audit_trail  # noqa: PLC0415

        statistics.register_source(statistics.sign_ups)
        personal_data.register(
            export={
                "account": export.account,
                "sessions": export.sessions,
                "codes": export.codes,
                "desk": export.desk,
            },
            erase=[
                ErasureStep(Phase.ACCOUNT, "account", erasure.delete_account),
                ErasureStep(Phase.RECORDS, "what the desk wrote", audit_trail.clear_reasons),
            ],
            retain=[
                RetentionStep("OneTimeCode", retention.codes),
                RetentionStep("IdempotencyKey", retention.idempotency_keys),
                RetentionStep("Session", retention.sessions),
                RetentionStep("Tries", retention.tries),
                RetentionStep("StaffAction", retention.staff_actions),
                RetentionStep("desk sessions", retention.desk_sessions),
                RetentionStep("desk tries", retention.desk_tries),
                RetentionStep("desk failures", retention.desk_failures),
                RetentionStep("TaskResult", retention.task_results),
            ],
        )
