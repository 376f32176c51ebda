"""When a delivery is attempted again, and when an endpoint is left alone."""

import random
from datetime import timedelta
from typing import Final

PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After each failed attempt, as Standard Webhooks recommends: ten attempts in a little more than three days."""

JITTER: Final = 0.1
"""Of a pause, at most so much more, so that what failed together does not come back together."""

LONGEST_RETRY_AFTER: Final = timedelta(hours=24)
LONGEST_PAUSE: Final = timedelta(minutes=15)
FIRST_PAUSE: Final = timedelta(seconds=15)
FAILURES_THAT_PAUSE: Final = 5
"""So many attempts in a row fail before the endpoint's breaker opens."""

FAILING_FOR: Final = timedelta(days=5)
"""An endpoint that has not accepted anything for so long is disabled."""


def pause_after(*, attempts: int, retry_after: timedelta | None) -> timedelta | None:
    """How long a delivery waits after so many attempts; None if that was the last one.

    `Retry-After` makes the pause longer, up to a day, and never shorter.
    """
    if attempts > len(PAUSES):
        return None
    pause = PAUSES[attempts - 1] * (1 + random.uniform(0, JITTER))  # noqa: S311  not a secret
    return max(pause, min(retry_after or timedelta(), LONGEST_RETRY_AFTER))


def breaker_pause(*, failures: int, retry_after: timedelta | None) -> timedelta | None:
    """How long all deliveries to an endpoint wait after so many failures in a row; None if they need not."""
    doublings = failures - FAILURES_THAT_PAUSE
    pause = min(FIRST_PAUSE * 2 ** min(doublings, 10), LONGEST_PAUSE) if doublings >= 0 else timedelta()
    return max(pause, min(retry_after or timedelta(), LONGEST_PAUSE)) or None
