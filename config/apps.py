"""What makes `config` an app of Django's: commands and migrations that span apps, and the desk as the admin's site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ProjectConfig(AppConfig):
    """Commands that span apps, and the roles of the staff."""

    name = "config"
    verbose_name = "Kuvaka"

    def ready(self) -> None:
        """Have the workers and beat serve their metrics once they run."""
        from config import exposition  # noqa: F401, PLC0415  it needs the app registry


class DeskConfig(AdminConfig):
    """Django's admin with our site in the place of its own."""

    default_site = "config.desk.site.DeskSite"
