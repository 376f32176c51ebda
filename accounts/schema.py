"""What the API's description says of access tokens."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Bearer <access token>`."""

    target_class = "accounts.tokens.SessionAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Describe it in OpenAPI's words."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
