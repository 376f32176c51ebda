"""The admin pages of chatrooms. Django imports this package by its name.

They show no content of messages. Reading a transcript needs a permission of its own, a reason, and leaves a record.
"""

from accounts.admin import panel_registry
from chatrooms.admin import replies, rooms, user_panels  # noqa: F401

panel_registry.register_panel(panel_registry.PanelPosition.REPLIES, user_panels.replies_panel)
panel_registry.register_panel(panel_registry.PanelPosition.ROOMS, user_panels.rooms_panel)
