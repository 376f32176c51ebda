"""The HSTS header of responses that Django's SecurityMiddleware does not see."""

from django.conf import settings


def strict_transport() -> dict[str, str]:
    """The header that makes browsers use HTTPS only; empty in development.

    It must not be sent over plain HTTP (RFC 6797, 7.2), which the code that uses it checks.
    """
    if not settings.SECURE_HSTS_SECONDS:
        return {}
    return {"Strict-Transport-Security": f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"}
