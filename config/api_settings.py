"""The settings of middleware, Django REST Framework, drf-spectacular and CORS that do not depend on the environment."""

from typing import Any

from config import VERSION

MIDDLEWARE = [
    "config.http.health.HealthMiddleware",
    "config.http.metrics_endpoint.MetricsMiddleware",
    "config.http.request_log.RequestMiddleware",
    "config.observability.tracing.TracingMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.http.error_pages.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.http.middleware.PolicyMiddleware",
    "config.http.middleware.PrivateMiddleware",
    "config.http.rate_limits.RateLimitMiddleware",
    "config.http.middleware.BoundsMiddleware",
    "config.http.middleware.SlashMiddleware",
    "config.http.admin_only.AdminSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.http.admin_only.AdminAuthenticationMiddleware",
    "config.http.admin_only.AdminOTPMiddleware",
    "config.http.admin_only.AdminMessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
CORS_URLS_REGEX = r"^/(?!admin/)"
CORS_ALLOW_METHODS = ["GET", "POST", "PATCH", "DELETE"]
CORS_ALLOW_HEADERS = [
    *("Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Request-ID"),
    # Of OpenAI's packages in a browser.
    *("OpenAI-Beta", "OpenAI-Organization", "OpenAI-Project"),
    *(f"X-Stainless-{name}" for name in ("Arch", "Async", "Custom-Poll-Interval", "Helper-Method", "Lang", "OS")),
    *(f"X-Stainless-{name}" for name in ("Package-Version", "Poll-Helper", "Read-Timeout", "Retry-Count")),
    *(f"X-Stainless-{name}" for name in ("Runtime", "Runtime-Version", "Timeout")),
]
CORS_EXPOSE_HEADERS = [
    *("Retry-After", "Link", "Location", "X-Request-ID", "Idempotency-Replayed"),
    *("RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
    *(f"X-RateLimit-{name}-Requests" for name in ("Limit", "Remaining", "Reset")),
    "X-Should-Retry",
]
CORS_PREFLIGHT_MAX_AGE = 600
DIALECT_BODY_BYTES = 8 * 1024 * 1024
"""Of a request in the dialect of another API, under /v1/: it has a whole conversation, and may have pictures in it."""
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.SessionAuthentication",
        "accounts.api_keys.authentication.ApiKeyAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.api_keys.origins.OriginPermission",
        "accounts.api_keys.scopes.ScopePermission",
    ],
    "DEFAULT_PARSER_CLASSES": ["config.http.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "config.http.schema.OperationSchema",
    "EXCEPTION_HANDLER": "config.http.problems.problem_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR: dict[str, Any] = {
    "TITLE": "Kuvaka",
    "DESCRIPTION": "Chatrooms whose messages Gemini answers. Errors are problem+json (RFC 9457).",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": ["accounts.tokens.SessionAuthentication"],
    "SERVE_PERMISSIONS": ["config.http.permissions.DocsPermission"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "chatrooms.schema.describe_events",
        "accounts.webhook_schema.describe_webhooks",
        "chatrooms.openai.schema.describe_errors",
        "config.http.schema.complete",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ApiKeyScope": "accounts.models.Scope",
        "WebhookEventType": "accounts.models.EventType",
        "WebhookDisabledReason": "accounts.models.DisabledReason",
        "WebhookDeliveryStatus": "accounts.models.webhooks.WebhookDelivery.Status",
        "StatusEnum": "chatrooms.models.Status",
        "ReplyError": "chatrooms.exceptions.REPLY_ERRORS",
        "FinishReason": "gemini.types.FinishReason",
        "TierSlug": "billing.serializers.TIERS",
    },
    "TAGS": [
        {"name": "auth", "description": "Signing in and out."},
        {"name": "user", "description": "One's own account."},
        {"name": "api-keys", "description": "Keys for programs."},
        {"name": "webhook-endpoints", "description": "Where your program is told what happens."},
        {"name": "chatroom", "description": "Rooms, and sending messages to them."},
        {"name": "message", "description": "A message and its answer."},
        {"name": "openai", "description": "OpenAI's dialect, for its clients."},
        {"name": "ui", "description": "The AI SDK's UI message stream, for `useChat`."},
        {"name": "files", "description": "What messages can have attached."},
        {"name": "messages", "description": "All of one's messages."},
        {"name": "search", "description": "Finding what was said."},
        {"name": "tiers", "description": "What there is to buy."},
        {"name": "usage", "description": "What was used."},
        {"name": "subscribe", "description": "The way to Pro."},
        {"name": "subscription", "description": "A subscription that there is."},
        {"name": "webhook", "description": "For Stripe."},
    ],
}
