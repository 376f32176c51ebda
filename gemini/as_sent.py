"""A prompt as a model takes it: room for its thinking, a level that it knows, and no parameter that it refuses."""

from dataclasses import replace
from typing import Final

from gemini.catalogue import ModelFacts, facts_of
from gemini.exceptions import BadRequest, MaxTokens, ProviderError
from gemini.types import Prompt, Thinking

HEADROOM: Final = {
    Thinking.OFF: 0,
    Thinking.MINIMAL: 4_096,
    Thinking.LOW: 6_144,
    Thinking.MEDIUM: 8_192,
    Thinking.HIGH: 16_384,
    Thinking.XHIGH: 32_768,
}
"""Tokens of thinking by level. Recorded thinking at the default level reaches 4,760; what is not used costs nothing."""


def as_sent(prompt: Prompt) -> Prompt:
    """The prompt for its model: a level of thinking that the model has, and a limit with room for it.

    `thinking` is then a level that the API takes, `OFF` if the model can do without, or None for the model's default.
    """
    facts = facts_of(prompt.model)
    thinking = _level(prompt.thinking, facts)
    room = HEADROOM[thinking or facts.default_thinking]
    return replace(
        prompt,
        thinking=thinking,
        show_thoughts=prompt.show_thoughts and facts.thinks,
        temperature=prompt.temperature if facts.takes_temperature else None,
        max_output_tokens=min(prompt.max_output_tokens + room, facts.max_output_tokens),
    )


def _level(wanted: Thinking | None, facts: ModelFacts) -> Thinking | None:
    """The level nearest to `wanted`, rather a lower one."""
    if wanted is Thinking.OFF and facts.can_be_off:
        return Thinking.OFF
    if wanted is None or not facts.levels:
        return None
    order = list(Thinking)
    lower = [level for level in facts.levels if order.index(level) <= order.index(wanted)]
    return lower[-1] if lower else facts.levels[0]


def second_try(prompt: Prompt, error: ProviderError) -> Prompt | None:
    """The prompt for one more call after a failure that is ours to mend; None if there is nothing to change.

    Thinking that used up the limit is asked for at its least. A parameter that the model refuses is left out.
    """
    changed = prompt
    if isinstance(error, MaxTokens):
        changed = replace(prompt, thinking=Thinking.OFF)
    elif isinstance(error, BadRequest) and error.parameter == "temperature":
        changed = replace(prompt, temperature=None)
    elif isinstance(error, BadRequest) and error.parameter == "thinking":
        changed = replace(prompt, thinking=None, show_thoughts=False)
    return None if as_sent(changed) == as_sent(prompt) else changed
