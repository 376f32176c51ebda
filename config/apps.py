"""What makes `config` an app of Django's: commands and migrations that span apps, and the desk as the admin's site."""

import gc

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ProjectConfig(AppConfig):
    """Commands that span apps, and the roles of the staff."""

    name = "config"
    verbose_name = "Kuvaka"

    def ready(self) -> None:
        """Make the Celery app, have the workers and beat serve their metrics, and the pools looked at by `migrate`.

        Every process that Django is set up in has the Celery app, a script or a shell included: a task that is
        published from it goes to our broker and not to Celery's default one.
        """
        # They need the app registry.
        from config import celery  # noqa: F401, PLC0415
        from config.http import metrics_endpoint  # noqa: F401, PLC0415
        from config.infrastructure import connection_pools  # noqa: F401, PLC0415

        gc.enable()  # `config.settings` turned it off


class StaffAdminConfig(AdminConfig):
    """Django's admin with our site in the place of its own."""

    default_site = "config.admin_site.site.StaffAdminSite"
