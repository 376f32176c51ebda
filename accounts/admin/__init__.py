"""The admin pages of accounts. Django imports this package by its name."""

from accounts.admin import users  # noqa: F401
