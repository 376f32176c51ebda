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
    "main",
    "api",
    "session",
    "store",
    "dom",
    "i18n",
    "problems",
    "preferences",
    "connection",
    "drafts",
    "lazy",
)
SIGN_IN: Final = (*_FRAME, "sign_in", "forms", "phone_field")
CHAT: Final = (
    *(*_FRAME, "chat", "billing", "sidebar", "search", "menu", "room_row", "room_actions", "archived"),
    *(
        "conversation",
        "message_loading",
        "scrolling",
        "composer",
        "editor",
        "keys",
        "tray",
        "attachments",
        "reply_stream",
    ),
)
"""The modules of the two first views: without these lists the browser would find them one after another."""

MESSAGES: Final = (
    *("message_view", "versions", "copying", "parts", "answer_body", "code_points", "source_marks"),
    *("markdown", "markdown_dom", "markdown_lexer", "highlight", "maths", "vendor/marked", "vendor/purify"),
)
"""Those that a chat with messages needs besides."""
