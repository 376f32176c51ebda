"""`config` as a Django app, for commands and migrations that span apps; and the admin site."""

import gc

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ProjectConfig(AppConfig):
    """Commands that span apps, and the roles of the staff."""

    name = "config"
    verbose_name = "Kuvaka"

    def ready(self) -> None:
        """Import the Celery app, the signal handlers of the metrics, and the system check of the pools.

        Every process that sets Django up has the Celery app, scripts and shells included: a task published from there
        goes to our broker, not to Celery's default one.
        """
        # They need the app registry.
        from config import celery  # noqa: F401, PLC0415
        from config.http import metrics_endpoint  # noqa: F401, PLC0415
        from config.infrastructure import connection_pools  # noqa: F401, PLC0415

        gc.enable()  # `config.settings` turned it off


class StaffAdminConfig(AdminConfig):
    """Django's admin with our own site."""

    default_site = "config.admin_site.site.StaffAdminSite"
