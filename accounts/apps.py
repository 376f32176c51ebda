"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-in, sessions and limits."""

    name = "accounts"

    def ready(self) -> None:
        """Register how the API's description shows tokens, steps of an erasure, sections of an export, and figures."""
        # They need the app registry.
        from accounts import (  # noqa: PLC0415
            erasure,
            export,
            figures,
            schema,  # noqa: F401
            staff,
        )

        erasure.register(erasure.Phase.ACCOUNT, "account", erasure.delete_account)
        erasure.register(erasure.Phase.RECORDS, "what the desk wrote", staff.forget_reasons)
        figures.register(figures.sign_ups)
        for section in ("account", "sessions", "codes", "desk"):
            export.register(section, getattr(export, section))
