"""Calls to the model for the tests of budgets."""

from typing import Any

from billing.budget import Call
from billing.models import ModelCall


def call(prompt_tokens: int, output_tokens: int, **fields: Any) -> Call:
    """A call for a reply that cost so much."""
    return Call(
        **{"purpose": ModelCall.Purpose.REPLY, "model": "gemini-3.8-flash"} | fields,
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
    )
