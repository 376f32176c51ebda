"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-in, sessions and limits."""

    name = "accounts"

    def ready(self) -> None:
        """Register how the API's description shows tokens, the last step of an erasure, and sections of an export."""
        # They need the app registry.
        from accounts import (  # noqa: PLC0415
            erasure,
            export,
            schema,  # noqa: F401
        )

        erasure.register(erasure.Phase.ACCOUNT, "account", erasure.delete_account)
        for section in ("account", "sessions", "codes"):
            export.register(section, getattr(export, section))
