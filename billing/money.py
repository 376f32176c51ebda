"""Amounts as Stripe counts them, in a currency's smallest unit, and as people write them."""

from typing import Final

WITHOUT_CENTS: Final = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
WITH_MILLS: Final = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
"""Where the unit is not a hundred of the smallest one (docs.stripe.com/currencies, read in November 2026). UGX and ISK,
which have no cents either, Stripe counts in hundredths all the same."""


def written(amount: int | None, currency: str) -> str:
    """An amount as people write it: 999 in `usd` is `9.99 USD`, 999 in `jpy` is `999 JPY`."""
    digits = 0 if currency.lower() in WITHOUT_CENTS else 3 if currency.lower() in WITH_MILLS else 2
    return f"{(amount or 0) / 10**digits:.{digits}f} {currency.upper()}".strip()
