"""What the events of Google's API have in common, whichever SDK reads them."""

from typing import Final

DROPPED: Final = frozenset(
    {
        *("audio_transcription", "file_data", "function_call", "function_response", "inline_data"),
        *("tool_call", "tool_response"),
    }
)
"""Parts of a reply that are not kept: a picture for example, which nothing here asks for. They are counted by kind."""

FINISH_REASONS: Final = (
    *("FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER", "LANGUAGE", "BLOCKLIST"),
    *("PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL", "IMAGE_SAFETY", "UNEXPECTED_TOOL_CALL"),
)
"""By their numbers, which google-generativeai asks for; see `generative_service.proto` of v1beta."""

LATER_FINISH_REASONS: Final = {14: "IMAGE_PROHIBITED_CONTENT", 16: "NO_IMAGE"}


def is_blocked(*, has_feedback: bool, reason: str, has_candidates: bool) -> bool:
    """Whether the vendor refused the prompt: it says so, or it says something of the prompt and nothing else."""
    return has_feedback and (reason not in ("", "BLOCKED_REASON_UNSPECIFIED") or not has_candidates)
