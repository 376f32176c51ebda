"""Why a file is refused, by the codes of docs/errors.md (`chatrooms.attachments.exceptions` has their classes)."""

from enum import StrEnum


class Reason(StrEnum):
    EMPTY = "file_empty"
    TYPE = "file_type_not_allowed"
    ENDING = "file_ending_wrong"
    AMBIGUOUS = "file_ambiguous"
    DAMAGED = "file_damaged"
    ENCRYPTED = "file_encrypted"
    ACTIVE = "file_active_content"
    PIXELS = "file_too_many_pixels"
    LENGTH = "file_too_long"
    COMPLEX = "file_too_complex"


class Refused(Exception):
    """The file cannot be kept."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason
