"""The variables of the Procfile."""

NOT_SETTINGS = {"HOST", "WEB_PROCESSES"}
"""Variables that only the command of `web` reads: where it listens, and how many processes it has."""
