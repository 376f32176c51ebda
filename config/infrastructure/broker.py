"""The URL of Redis as Celery's broker."""

from urllib.parse import parse_qs, urlsplit


def broker_url(url: str) -> str:
    """Add the check of the certificate, which Celery leaves out over TLS where the URL names none."""
    parts = urlsplit(url)
    if parts.scheme != "rediss" or "ssl_cert_reqs" in parse_qs(parts.query):
        return url
    return f"{url}{'&' if parts.query else '?'}ssl_cert_reqs=required"
