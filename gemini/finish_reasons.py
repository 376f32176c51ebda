"""What the vendor's `finishReason` means. The values: https://ai.google.dev/api/generate-content#FinishReason."""

from collections.abc import Mapping
from typing import Final

from gemini.exceptions import (
    Blocked,
    BrokenReply,
    ConnectionCut,
    EmptyReply,
    MaxTokens,
    NoText,
    ProviderAuth,
    ProviderError,
    UnknownFinish,
)
from gemini.types import FinishReason

INCOMPLETE: Final = {
    "FINISH_REASON_UNSPECIFIED",
    "MALFORMED_FUNCTION_CALL",
    "MALFORMED_RESPONSE",
    "MISSING_THOUGHT_SIGNATURE",
    "TOO_MANY_TOOL_CALLS",
    "UNEXPECTED_TOOL_CALL",
}
"""The model stumbled; the same prompt may work the next time."""

REFUSED: Final = {
    *("SAFETY", "RECITATION", "LANGUAGE", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR"),
    *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_OTHER", "IMAGE_RECITATION", "NO_IMAGE"),
}
"""The vendor withholds the reply."""

INSTALLATION: Final = {"ESCALATION", "PUP_LIMITED_DISABLED"}
"""The vendor limits our project (prohibited use policy): no user's words are the reason."""

CUT_OFF: Final = {"MAX_TOKENS", "CONTINUATION"}
"""The reply is as long as it may be. CONTINUATION is the limit of one request, where no token came to go on with."""


FAILURES: Final[Mapping[str, type[ProviderError]]] = {
    "": ConnectionCut,
    **dict.fromkeys(CUT_OFF, MaxTokens),
    **dict.fromkeys(INCOMPLETE, BrokenReply),
    **dict.fromkeys(REFUSED, Blocked),
}
"""What a reply that has no text, or no end of its own, failed of."""


def finish_reason_of(*, vendor_finish_reason: str, has_text: bool, has_other_parts: bool = False) -> FinishReason:
    """Return how the reply ended, or raise the failure that the vendor's reason stands for.

    `has_other_parts` says that the reply has parts which are neither text nor thoughts.
    """
    if has_text and vendor_finish_reason == "STOP":
        return FinishReason.STOP
    if has_text and vendor_finish_reason in CUT_OFF:
        return FinishReason.MAX_TOKENS
    raise _failure(vendor_finish_reason, has_other_parts=has_other_parts)


def _failure(reason: str, *, has_other_parts: bool) -> ProviderError:
    if reason == "STOP":
        return (NoText if has_other_parts else EmptyReply)(cause=reason)
    if reason in INSTALLATION or reason.startswith("PUP_"):
        return ProviderAuth(reason="disabled", cause=reason)
    return FAILURES.get(reason, UnknownFinish)(cause=reason or "no_finish_reason")
