"""The admin pages of billing. Django imports this package by its name."""

from accounts.admin import actions, panel_registry
from accounts.admin.user_search import register_user_search
from billing.admin import model_calls, stripe_pages, tiers, user_actions, user_panels  # noqa: F401

panel_registry.register_panel(panel_registry.PanelPosition.TIER, user_panels.tier_panel)
panel_registry.register_panel(panel_registry.PanelPosition.PAYMENTS, user_panels.payments_panel)
register_user_search(user_panels.user_ids_at_stripe)
for action in user_actions.ACTIONS:
    actions.register_action(action)
