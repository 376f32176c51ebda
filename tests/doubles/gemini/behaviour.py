"""What the double does with a call, and how a test sets it."""

import json
import re
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

DIRECTIVE = re.compile(r"\[\[double ([^\]]*)\]\]")

Fault = Literal["", "error", "reset", "eof", "hang", "malformed", "drip"]


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What happens to one call. A directive in the last user message sets it: `[[double error=429 retry_after=2]]`.

    ttft, delay: seconds before the first byte (of the headers too), and between the chunks.
    crowd: respond only once this many calls are in progress.
    hold: after so many events be silent until `release` is called, but for a blank line now and then that keeps the
        call alive: for a test that acts in mid-reply, however long that takes. Only calls that are streamed are held.
    text, size: the reply instead of the echo; `size` characters of filler instead of either.
    chunks: in how many events the text is sent.
    units: cut it between UTF-16 units, as a server in Java or JavaScript may, in the middle of an emoji for example.
    error: refuse with this HTTP status. With 429, `retry_after` (seconds) adds a RetryInfo and `per_day` names a
        quota per day; `bad_key` makes a 400 the one of a bad key; `html` sends a page, as a proxy would.
    block: refuse the prompt for this reason (SAFETY, …).
    finish: how the reply ends, after `after` chunks of text (None: all).
    fault: break the reply after `after` chunks: an error object (`fault_status`), a connection reset, an end without
        a finish reason, silence, malformed JSON, or blank lines for ever.
    thoughts: tokens of thinking; None for as many as the level that the call asks for takes. They come before the text
        and count against maxOutputTokens; a text that does not fit is cut off (not one of `size`).
    show_thoughts: send this text as a summary of the thoughts, if the call asks for one.
    ground: name these sources, as [url, start, end] in bytes of the text, if the call searches; the pages come in one
        event each, as Google sends them.
    parts: further parts, sent as they are before the end of the reply.
    hops: end with CONTINUATION and a token so many times before the text is complete.
    service_tier: that served the call, as a header says.
    raw: send this body (of server-sent events) with the status `raw_status`, as it is.
    counts_last: send the count of the reply with its last event only.
    uncounted_end: leave the count of the reply out of the last event.
    dialect: send server-sent events as another server than Google's may, see `tests.doubles.gemini.dialects`.
    for_model: apply this to calls to this model only; others succeed.
    """

    ttft: float = 0
    delay: float = 0
    crowd: int = 0
    hold: int | None = None
    text: str | None = None
    size: int = 0
    chunks: int = 3
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
    thoughts: int | None = None
    show_thoughts: str = ""
    ground: tuple[tuple[str, int, int], ...] = ()
    parts: tuple[dict[str, Any], ...] = ()
    hops: int = 0
    service_tier: str = "standard"
    raw: str | None = None
    raw_status: int = 200
    counts_last: bool = False
    uncounted_end: bool = False
    dialect: str = ""
    for_model: str = ""


class Behaviours:
    """Chooses the directive in the message, else the next of the script, else the default."""

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
