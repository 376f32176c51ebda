"""What is kept about a user: the files' export and erasure."""

from collections.abc import Iterable
from typing import Any, Final

from accounts.personal_data.export import rows
from chatrooms.attachments import discarding
from chatrooms.attachments.attaching import SHOWN
from chatrooms.attachments.models import File, State

FIELDS: Final = (*SHOWN, "sha256", "message_id", "created_at", "google_expires_at")


def files(user_id: int) -> Iterable[Any]:
    """Return what is known of the files; their content is downloaded one by one."""
    return rows(File.objects.filter(user_id=user_id, state=State.READY), *FIELDS)


def delete_files(*, user_id: int) -> None:
    """Delete the objects and their rows. It raises while the storage is unavailable, and is then repeated."""
    discarding.delete_all_of(user_id=user_id)
