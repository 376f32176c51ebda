"""The list of calls to the model: their tokens and what they cost."""

from decimal import Decimal

from django.contrib import admin
from unfold.decorators import display

from accounts.admin.base import ReadOnlyAdmin, column, user_column
from billing.models import ModelCall


@admin.register(ModelCall)
class ModelCallAdmin(ReadOnlyAdmin):
    title = "Calls to the model"
    list_display = ("pk_", "user_link", "purpose", "model", "prompt_tokens", "output_tokens", "cost", "created")
    pk_ = column("pk", "Call")
    user_link = user_column()
    created = column("created_at", "Created")
    list_filter = ("purpose",)
    search_ids = ("pk", "user_id")
    search_help_text = "The id of a call, or of a user."
    fields = (
        "id",
        "user_link",
        "purpose",
        "model",
        "prompt_tokens",
        "cached_tokens",
        "tool_tokens",
        "output_tokens",
        "thought_tokens",
        "estimated",
        "cost",
        "response_id",
        "service_tier",
        "created_at",
    )

    @display(description="Cost, USD", empty_value="unknown")
    def cost(self, call: ModelCall) -> Decimal | None:
        """In US dollars, to the millionth."""
        return None if call.cost_micros is None else Decimal(call.cost_micros).scaleb(-6)
