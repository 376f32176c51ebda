"""How quickly an answer came: from its being asked for to its first piece, and from its claim to its end."""

import time
from datetime import timedelta

from config.observability import metrics


class Pace:
    """Times one attempt; made when the reply was claimed.

    The database's clock says how long the reply had waited by then, and this process's monotonic one what came after:
    so no two clocks are compared.

    Args:
        waited: since the reply was asked for.
    """

    def __init__(self, waited: timedelta) -> None:
        self._waited = waited
        self._claimed_at = time.monotonic()

    def first_token_ms(self, first_at: float | None) -> int | None:
        """Milliseconds until the first piece, which came at `first_at` (by `time.monotonic`); None if none did."""
        if first_at is None:
            return None
        return max(0, round(1000 * (self._waited.total_seconds() + first_at - self._claimed_at)))

    def tell_end(self, *, output_tokens: int | None) -> None:
        """Count an answer that has ended just now."""
        seconds = time.monotonic() - self._claimed_at
        metrics.answer_seconds.observe(seconds)
        if output_tokens and seconds:
            metrics.tokens_per_second.observe(output_tokens / seconds)
