"""What the API's description says of access tokens, API keys and requests that may be repeated."""

from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter

from accounts.api_keys.scopes import scope_of
from accounts.idempotency import LONGEST
from accounts.models import Scope

IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description=f"1 to {LONGEST} printable ASCII characters. Within 24 hours a repeat with the same body does nothing "
    "again, and gets the same object.",
)
IDEMPOTENCY_REPLAYED: Final = OpenApiParameter(
    "Idempotency-Replayed",
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    description="There if it was a repeat.",
    response=[200, 201, 202],
)


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Bearer <access token>`."""

    target_class = "accounts.tokens.SessionAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Bearer kvk_…`, with the scope that the route needs; no route of none."""

    target_class = "accounts.api_keys.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """The scope as a role, which `config.http.schema` turns into `x-scope`."""
        scope = scope_of(auto_schema.view, auto_schema.method)
        return [{self.name: [scope.value]}] if isinstance(scope, Scope) else []

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "kvk_<id>_<secret>",
            "description": "A key made at POST /api-keys. x-scope names the scope that an operation needs of it: "
            f"one of {', '.join(Scope.values)}.",
        }
