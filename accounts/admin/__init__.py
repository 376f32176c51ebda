"""The admin pages of accounts. Django imports this package by its name."""

from accounts.admin import actions, api_keys, user_actions, user_panels, users, webhooks  # noqa: F401
from accounts.admin.panel_registry import PanelPosition, register_panel

register_panel(PanelPosition.ACCOUNT, user_panels.account_panel)
register_panel(PanelPosition.SIGN_IN, user_panels.sign_in_panel)
register_panel(PanelPosition.SESSIONS, user_panels.sessions_panel)
register_panel(PanelPosition.API_KEYS, api_keys.api_keys_panel)
register_panel(PanelPosition.WEBHOOKS, webhooks.webhooks_panel)
register_panel(PanelPosition.STAFF_ACTIONS, user_panels.user_staff_actions_panel)
for action in user_actions.ACTIONS:
    actions.register_action(action)
