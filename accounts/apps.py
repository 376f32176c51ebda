"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-in, sessions and limits."""

    name = "accounts"

    def ready(self) -> None:
        """Register how the API's description shows access tokens."""
        from accounts import schema  # noqa: F401, PLC0415  it needs the app registry
