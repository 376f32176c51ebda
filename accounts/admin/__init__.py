"""The pages of accounts at the support desk, which Django finds by the name of this package."""

from accounts.admin import users  # noqa: F401
