"""The project: settings, and what every app may import.

The Celery app is imported here so that a task published from any process, a script or a shell included, goes to our
broker and not to Celery's default one.
"""

from config.celery import app as celery

__all__ = ["celery"]
