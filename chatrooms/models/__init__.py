"""The tables of the chatrooms app."""

from chatrooms.attachments.models import File, FileSpace
from chatrooms.models.messages import (
    MAX_CONTENT,
    MAX_SEARCHED,
    READABLE,
    RETRIES,
    UNFINISHED,
    Message,
    MessageManager,
    MessageQuerySet,
    Reply,
    ReplyManager,
    ReplyQuerySet,
    Revision,
    Role,
    Status,
)
from chatrooms.models.rooms import (
    Chatroom,
    ChatroomQuerySet,
    MillenniumLater,
    NameSource,
    RoomKind,
    RoomThinking,
    Summary,
)

__all__ = [
    "MAX_CONTENT",
    "MAX_SEARCHED",
    "READABLE",
    "RETRIES",
    "UNFINISHED",
    "Chatroom",
    "ChatroomQuerySet",
    "File",
    "FileSpace",
    "Message",
    "MessageManager",
    "MessageQuerySet",
    "MillenniumLater",
    "NameSource",
    "Reply",
    "ReplyManager",
    "ReplyQuerySet",
    "Revision",
    "Role",
    "RoomKind",
    "RoomThinking",
    "Status",
    "Summary",
]
