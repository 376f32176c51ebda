"""What is known of Google's models. Facts, not choices: which tier offers which model stands in `billing.models.Tier`.

Read in November 2026 at https://ai.google.dev/gemini-api/docs: levels in /thinking, prices in /pricing, retirements in
/deprecations. A price marked [3p] was found with third parties only.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from gemini.types import Thinking, Usage

Input = Literal["text", "image", "pdf", "audio"]

ALL_INPUTS: Final[frozenset[Input]] = frozenset(("text", "image", "pdf", "audio"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens, from a day on (UTC).

    Some models cost more for a prompt of more than `LONG_PROMPT` tokens: `long_input` and the others then apply to all
    tokens of the call.
    """

    input: Decimal
    cached: Decimal
    output: Decimal
    since: date = date.min
    long_input: Decimal | None = None
    long_cached: Decimal | None = None
    long_output: Decimal | None = None


LONG_PROMPT: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """One model. The defaults are the safe ones, which hold for a model that is not in the catalogue.

    Attributes:
        levels: of thinking that the API takes, the least first; empty if the level cannot be set.
        default_thinking: how much it thinks if it is not told.
        can_be_off: thinking can be turned off altogether.
        takes_temperature: it follows a temperature; newer models ignore it, and the next ones will refuse it.
        max_output_tokens: the most of one request, thinking included.
        inputs: the kinds that it reads: the models of today read all of ours.
        prices: by the day from which they hold, the oldest first; empty if unknown.
        retires_on: when Google ends it.
        replacement: what Google names instead.
        is_known: it is in the catalogue.
    """

    levels: tuple[Thinking, ...] = ()
    default_thinking: Thinking = Thinking.MEDIUM
    can_be_off: bool = False
    takes_temperature: bool = True
    max_output_tokens: int = 65_536
    inputs: frozenset[Input] = ALL_INPUTS
    prices: tuple[Price, ...] = ()
    retires_on: date | None = None
    replacement: str = ""
    is_known: bool = True

    @property
    def thinks(self) -> bool:
        """Whether summaries of its thoughts can be asked for."""
        return bool(self.levels) or self.can_be_off

    def price_on(self, day: date) -> Price | None:
        return next((price for price in reversed(self.prices) if price.since <= day), None)


UNKNOWN: Final = ModelFacts(is_known=False)


def _usd(text: str, *, since: date = date.min) -> Price:
    """A price from "input cached output"."""
    prices = [Decimal(word) for word in text.split()]
    return Price(input=prices[0], cached=prices[1], output=prices[2], since=since)


MINIMAL_TO_HIGH: Final = (Thinking.MINIMAL, Thinking.LOW, Thinking.MEDIUM, Thinking.HIGH)
LOW_TO_HIGH: Final = (Thinking.LOW, Thinking.MEDIUM, Thinking.HIGH)
LOW_TO_XHIGH: Final = (*LOW_TO_HIGH, Thinking.XHIGH)
END_OF_2026: Final = date(2027, 1, 1)
DECEMBER: Final = date(2026, 12, 1)

# Thinking of 2.5 is set by a budget, which can be 0 for the flash models; its levels are left to the model here.
_2_5: Final = ModelFacts(can_be_off=True, retires_on=date(2026, 12, 1))
_3: Final = ModelFacts(levels=MINIMAL_TO_HIGH, default_thinking=Thinking.HIGH)
_3_6: Final = ModelFacts(levels=MINIMAL_TO_HIGH, takes_temperature=False)
_3_8: Final = ModelFacts(
    levels=LOW_TO_HIGH,
    takes_temperature=False,
    prices=(_usd("0.75 0.075 3.75"), _usd("1.50 0.15 7.50", since=END_OF_2026)),
)
_ALIAS: Final = ModelFacts(levels=LOW_TO_HIGH)
_4: Final = ModelFacts(levels=LOW_TO_HIGH, takes_temperature=False)

MODELS: Final = {
    "gemini-2.5-flash": replace(_2_5, prices=(_usd("0.30 0.03 2.50"),), replacement="gemini-3.5-flash-lite"),
    "gemini-2.5-flash-lite": replace(
        _2_5, default_thinking=Thinking.OFF, prices=(_usd("0.10 0.01 0.40"),), retires_on=None
    ),
    "gemini-2.5-pro": replace(
        _2_5,
        can_be_off=False,
        default_thinking=Thinking.HIGH,
        prices=(
            replace(
                _usd("1.25 0.125 10"),
                long_input=Decimal("2.50"),
                long_cached=Decimal("0.25"),
                long_output=Decimal(15),
            ),
        ),
        replacement="gemini-3.8-flash",
    ),
    "gemini-3-flash": replace(_3, prices=(_usd("0.50 0.05 3"),), replacement="gemini-3.5-flash"),
    "gemini-3-pro": replace(_3, levels=LOW_TO_HIGH, retires_on=date(2026, 3, 9), replacement="gemini-3.1-pro-preview"),
    "gemini-3.1-pro": replace(
        _3,
        levels=LOW_TO_HIGH,
        prices=(
            replace(_usd("2 0.20 12"), long_input=Decimal(4), long_cached=Decimal("0.40"), long_output=Decimal(18)),
        ),
    ),
    "gemini-3.1-flash-lite": replace(
        _3, default_thinking=Thinking.MINIMAL, prices=(_usd("0.25 0.025 1.50"),), retires_on=date(2027, 5, 7)
    ),
    # Google answers 3.5 with 3.6 and 3.7 with 3.8 since 2026-10-08: `modelVersion` says which model it was.
    "gemini-3.5-flash": replace(_3_6, prices=(_usd("1.50 0.15 9"),), replacement="gemini-3.6-flash"),
    "gemini-3.5-flash-lite": replace(_3_6, default_thinking=Thinking.MINIMAL, prices=(_usd("0.30 0.03 2.50"),)),
    "gemini-3.6-flash": replace(_3_6, prices=(_usd("1.50 0.15 7.50"),)),
    "gemini-3.7-flash": replace(_3_8, replacement="gemini-3.8-flash"),
    "gemini-3.8-flash": _3_8,
    "gemini-4-argon": replace(_4, prices=(_usd("2 0.10 10"), _usd("4 0.20 20", since=DECEMBER))),
    "gemini-4-carbon": replace(_4, prices=(_usd("2 0.10 10"), _usd("4 0.20 20", since=DECEMBER))),  # [3p]
    "gemini-4-hydrogen": replace(
        _4, levels=LOW_TO_XHIGH, default_thinking=Thinking.HIGH, prices=(_usd("1.50 0.075 7.50"),)
    ),  # [3p]
    "gemini-4-neon": replace(
        _4, levels=LOW_TO_XHIGH, default_thinking=Thinking.HIGH, prices=(_usd("3 0.15 15"),)
    ),  # [3p]
    # Google moves these to newer models; all that think today take three levels. `modelVersion` says which one it was.
    "gemini-flash-latest": _ALIAS,
    "gemini-flash-lite-latest": _ALIAS,
    "gemini-pro-latest": _ALIAS,
}
"""By name, without what a preview or a version adds to it."""

SUFFIX: Final = re.compile(r"(-preview)?(-\d{2}-\d{4}|-\d{2}-\d{2}|-\d{3})?$")
"""Of a preview, of a dated one, of a numbered version: "gemini-2.5-flash-preview-09-2025", "gemini-2.5-pro-001"."""


def facts_of(model: str) -> ModelFacts:
    """The facts of a model by its name or by the version that the vendor reports; safe defaults for an unknown one."""
    return MODELS.get(model) or MODELS.get(SUFFIX.sub("", model)) or UNKNOWN


def cost_of(usage: Usage, *, model: str, on: date) -> int | None:
    """What a call cost in millionths of a US dollar, by the catalogue's price of that day; None if that is unknown.

    Searches, which Google bills by number after a free allowance, are not in it.
    """
    price = facts_of(model).price_on(on)
    if price is None:
        return None
    prompt, output = usage.prompt_tokens or 0, usage.output_tokens or 0
    cached = min(usage.cached_tokens or 0, prompt)
    is_long = prompt > LONG_PROMPT
    per_input = (is_long and price.long_input) or price.input
    per_cached = (is_long and price.long_cached) or price.cached
    per_output = (is_long and price.long_output) or price.output
    # Dollars for a million tokens are millionths of a dollar for one.
    micros = (prompt - cached + (usage.tool_tokens or 0)) * per_input + cached * per_cached + output * per_output
    return round(micros)
