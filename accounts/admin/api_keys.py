"""The list of API keys, and their revocation. No page shows a secret, which is stored nowhere, or its hash."""

from typing import Final

from django.contrib import admin
from django.urls import reverse
from unfold.decorators import display

from accounts.admin.actions import ActionRequest, AdminAction
from accounts.admin.base import ReadOnlyAdmin, column, user_column
from accounts.admin.panel_registry import ROWS, Badge, Link, Panel
from accounts.api_keys import keys
from accounts.models import ApiKey, User


def _revoke(request: ActionRequest) -> str:
    keys.revoke(user_id=request.target.user_id, key_id=request.target.pk)
    return "Revoked."


REVOKE: Final = AdminAction(
    name="revoke_api_key",
    title="Revoke",
    icon="key_off",
    permission="accounts.revoke_apikey",
    description="Ends the key at once, for every program that has it. This cannot be undone; the user can make another "
    "key.",
    run=_revoke,
    is_available=lambda key: key.revoked_at is None,
    destructive=True,
)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    title = "API keys"
    list_display = ("prefix_", "user_link", "name_", "scopes_", "last_used", "created", "expires", "revoked")
    user_link = user_column()
    name_ = column("name", "Name")
    last_used = column("last_used_at", "Last use")
    created = column("created_at", "Created")
    expires = column("expires_at", "Expires")
    revoked = column("revoked_at", "Revoked")
    search_ids = ("user_id",)
    search_help_text = "The id of a user."
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    ordering = ("-created_at",)
    fields = (
        *("prefix_", "user_link", "name", "scopes_", "models_", "origins_"),
        *("daily_units", "units_used", "units_day"),
        *("last_used_at", "created_at", "expires_at", "rotated_at", "previous_until", "revoked_at"),
    )
    page_actions = (REVOKE,)

    @display(description="Begins with")
    def prefix_(self, key: ApiKey) -> str:
        return key.prefix

    @display(description="Scopes")
    def scopes_(self, key: ApiKey) -> str:
        return scopes_of(key)

    @display(description="Models")
    def models_(self, key: ApiKey) -> str:
        return "all" if key.model_names is None else ", ".join(key.model_names) or "none"

    @display(description="Allowed origins")
    def origins_(self, key: ApiKey) -> str:
        return ", ".join(key.allowed_origins) or "none"


def scopes_of(key: ApiKey) -> str:
    return ", ".join(key.scopes) or "none"


def api_keys_panel(user: User) -> Panel:
    newest = ApiKey.objects.filter(user=user).order_by("-created_at")[:ROWS]
    return Panel(
        title="API keys",
        headers=["Begins with", "Name", "Scopes", "Last use", "Expires", "Revoked"],
        rows=[
            [
                Link(key.prefix, reverse("admin:accounts_apikey_change", args=[key.pk])),
                key.name,
                scopes_of(key),
                key.last_used_at,
                key.expires_at,
                key.revoked_at or Badge("open", "success"),
            ]
            for key in newest
        ],
    )
