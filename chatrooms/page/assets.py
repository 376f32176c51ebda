"""The style sheets of the page, and the modules of its first view."""

from typing import Final

SHEETS: Final = (
    "tokens",
    "base",
    "sign_in",
    "app",
    "sidebar",
    "settings",
    "conversation",
    "message",
    "prose",
    "composer",
)
"""In the order in which they are linked."""

_FRAME: Final = (
    *("main", "api", "session", "store", "dom", "i18n", "problems", "preferences", "connection", "chat", "billing"),
    *("sidebar", "search", "menu", "room_row", "room_actions", "archived"),
)
_CONVERSATION: Final = ("conversation", "scrolling", "composer", "drafts", "editor", "keys", "tray", "attachments")
_MESSAGE: Final = ("message_view", "reply_stream", "versions", "copying", "parts", "answer_body", "code_points")
_MARKDOWN: Final = (
    *("markdown", "markdown_dom", "markdown_lexer", "source_marks", "highlight", "maths"),
    *("vendor/marked", "vendor/purify"),
)
PRELOADED: Final = (*_FRAME, *_CONVERSATION, *_MESSAGE, *_MARKDOWN)
"""The modules of the first view: without this the browser would find them one after another."""
