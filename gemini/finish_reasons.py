"""What the vendor's `finishReason` means. The values: https://ai.google.dev/api/generate-content#FinishReason."""

from typing import Final

from gemini.exceptions import Blocked, BrokenReply, ConnectionCut, EmptyReply, MaxTokens
from gemini.types import FinishReason

INCOMPLETE: Final = {"CONTINUATION", "MALFORMED_RESPONSE", "MALFORMED_FUNCTION_CALL"}
"""The reply is incomplete rather than withheld; the same prompt may work the next time."""


def finish_reason_of(*, vendor_finish_reason: str, has_text: bool) -> FinishReason:
    """Return how the reply ended, or raise the failure that the vendor's reason stands for."""
    if not vendor_finish_reason:
        raise ConnectionCut(cause="no_finish_reason")
    if vendor_finish_reason in INCOMPLETE:
        raise BrokenReply(cause=vendor_finish_reason)
    if vendor_finish_reason == "MAX_TOKENS":
        if not has_text:
            raise MaxTokens(cause=vendor_finish_reason)
        return FinishReason.MAX_TOKENS
    if vendor_finish_reason != "STOP":
        raise Blocked(cause=vendor_finish_reason)
    if not has_text:
        raise EmptyReply(cause=vendor_finish_reason)
    return FinishReason.STOP
