from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-in, sessions and limits."""

    name = "accounts"

    def ready(self) -> None:
        # They need the app registry.
        from corsheaders.signals import check_request_enabled  # noqa: PLC0415

        from accounts import personal_data, schema, statistics  # noqa: F401, PLC0415
        from accounts.api_keys import origins  # noqa: PLC0415
        from accounts.personal_data import ErasureStep, Phase, RetentionStep, erasure, export, retention  # noqa: PLC0415
        from accounts.staff import audit_trail  # noqa: PLC0415

        check_request_enabled.connect(origins.may_read)
        statistics.register_source(statistics.sign_ups)
        personal_data.register(
            export={
                "account": export.account,
                "sessions": export.sessions,
                "api_keys": export.api_keys,
                "webhook_endpoints": export.webhook_endpoints,
                "webhook_deliveries": export.webhook_deliveries,
                "codes": export.codes,
                "desk": export.staff_actions,
            },
            erase=[
                ErasureStep(Phase.ACCOUNT, "account", erasure.delete_account),
                ErasureStep(Phase.RECORDS, "what staff wrote", audit_trail.clear_reasons),
            ],
            retain=[
                RetentionStep("OneTimeCode", retention.codes),
                RetentionStep("IdempotencyKey", retention.idempotency_keys),
                RetentionStep("Session", retention.sessions),
                RetentionStep("ApiKey", retention.api_keys),
                RetentionStep("WebhookDelivery", retention.webhook_deliveries),
                RetentionStep("WebhookEndpoint", retention.parted_webhook_endpoints),
                RetentionStep("FailedAttempts", retention.failed_attempts),
                RetentionStep("StaffAction", retention.staff_actions),
                RetentionStep("admin sessions", retention.admin_sessions),
                RetentionStep("admin failed attempts", retention.admin_failed_attempts),
                RetentionStep("admin failure log", retention.admin_failure_log),
                RetentionStep("TaskResult", retention.task_results),
            ],
        )
