"""Admin pages of libraries: those that show keys, or that edit what must not be edited by hand, are removed."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django_celery_results.models import GroupResult, TaskResult
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.admin.base import ReadOnlyAdmin, column

for model in (Group, GroupResult, StaticDevice, TOTPDevice, TaskResult):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(TaskResult)
class TaskResultAdmin(ReadOnlyAdmin):
    """The results of background tasks. Their arguments and results are ids and codes, never texts."""

    title = "Tasks"
    list_display = ("id_", "task_name", "status", "created", "done")
    id_ = column("task_id", "Id")
    created = column("date_created", "Created")
    done = column("date_done", "Done")
    list_filter = ("status",)
    fields = ("task_id", "task_name", "status", "date_created", "date_done", "result")
    search_texts = ("task_id",)
