"""What browsers are told of HTTPS by the answers that no middleware of Django's sees."""

from django.conf import settings


def strict_transport() -> dict[str, str]:
    """The header by which a browser uses HTTPS alone from now on; none while developing.

    It says nothing over plain HTTP (RFC 6797, 7.2): the caller knows how it was asked.
    """
    if not settings.SECURE_HSTS_SECONDS:
        return {}
    return {"Strict-Transport-Security": f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"}
