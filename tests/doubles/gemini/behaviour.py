"""What the double does with a call, and how a test says so."""

import json
import re
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

DIRECTIVE = re.compile(r"\[\[double ([^\]]*)\]\]")

Fault = Literal["", "error", "reset", "eof", "hang", "malformed", "drip"]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """One call's fate. A directive in the last user message spells it `[[double error=429 retry_after=2]]`.

    ttft, delay: seconds before the first byte (of the headers too), and between the pieces.
    crowd: answer nothing before so many calls are under way at once.
    text, size: the answer instead of the echo; `size` characters of filler instead of either.
    pieces: in how many events the text is sent.
    units: cut it between the units of UTF-16, as a server in Java or JavaScript may: in the middle of an emoji, say.
    error: refuse with this HTTP status. With 429, `retry_after` (seconds) adds a RetryInfo and `per_day` names a
        quota per day; `bad_key` makes a 400 the one of a bad key; `html` sends a page, as a proxy would.
    block: refuse the prompt for this reason (SAFETY, …).
    finish: how the answer ends; `after` pieces of text come first (None: all).
    fault: break the answer after `after` pieces: an error object (`fault_status`), a connection reset, an end without
        a finish reason, silence, JSON that is none, or blanks for ever.
    thoughts: tokens of thinking to count.
    counts_last: count the answer with its last event alone.
    uncounted_end: leave the count of the answer out of the last event.
    dialect: send server-sent events as another server than Google's may, see `tests.doubles.gemini.dialects`.
    for_model: the fate of calls to this model alone; others go well.
    """

    ttft: float = 0
    delay: float = 0
    crowd: int = 0
    text: str | None = None
    size: int = 0
    pieces: int = 3
    units: bool = False
    error: int = 0
    retry_after: float | None = None
    per_day: bool = False
    bad_key: bool = False
    html: bool = False
    block: str = ""
    finish: str = "STOP"
    after: int | None = None
    fault: Fault = ""
    fault_status: int = 503
    thoughts: int = 0
    counts_last: bool = False
    uncounted_end: bool = False
    dialect: str = ""
    for_model: str = ""


class Behaviours:
    """The directive in the message, else the next of the script, else the default."""

    def __init__(self) -> None:
        self.default = Behaviour()
        self.script: deque[Behaviour] = deque()

    def choose(self, message: str) -> Behaviour:
        # Our client merges unanswered messages into one turn by paragraphs; only the newest may direct.
        if directive := DIRECTIVE.search(message.rpartition("\n\n")[2]):
            return Behaviour(**_fields(directive[1]))
        return self.script.popleft() if self.script else self.default


def _fields(directive: str) -> dict[str, Any]:
    pairs = (pair.partition("=") for pair in directive.split())
    return {name: _value(value) for name, _, value in pairs}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
