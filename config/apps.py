"""What makes `config` an app of Django's: commands and migrations that span apps, and the desk as the admin's site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ProjectConfig(AppConfig):
    """Commands that span apps, and the roles of the staff."""

    name = "config"
    verbose_name = "Kuvaka"

    def ready(self) -> None:
        """Have the workers and beat serve their metrics once they run, and the pools looked at by `migrate`."""
        from config import exposition, pools  # noqa: F401, PLC0415  they need the app registry


class DeskConfig(AdminConfig):
    """Django's admin with our site in the place of its own."""

    default_site = "config.desk.site.DeskSite"
