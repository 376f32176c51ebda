"""Amounts in a currency's smallest unit, as Stripe has them, formatted for reading."""

from typing import Final

ZERO_DECIMAL: Final = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
THREE_DECIMAL: Final = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
"""Currencies with no decimals, and with three (docs.stripe.com/currencies, read in November 2026). Stripe treats UGX
and ISK, which have no decimals, as two-decimal currencies."""


def format_amount(amount: int | None, currency: str) -> str:
    """For example 999 in `usd` is `9.99 USD`, 999 in `jpy` is `999 JPY`."""
    digits = 0 if currency.lower() in ZERO_DECIMAL else 3 if currency.lower() in THREE_DECIMAL else 2
    return f"{(amount or 0) / 10**digits:.{digits}f} {currency.upper()}".strip()
