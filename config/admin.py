"""What the desk takes down of what libraries brought: pages that show keys, or that edit what is not edited by hand."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django_celery_results.models import GroupResult, TaskResult
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.admin.base import DeskAdmin, column

for model in (Group, GroupResult, StaticDevice, TOTPDevice, TaskResult):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(TaskResult)
class TaskResultAdmin(DeskAdmin):
    """What became of tasks; they take and give ids and codes, never a text."""

    title = "Tasks"
    list_display = ("id_", "task_name", "status", "begun", "done")
    id_ = column("task_id", "Id")
    begun = column("date_created", "Begun")
    done = column("date_done", "Done")
    list_filter = ("status",)
    fields = ("task_id", "task_name", "status", "date_created", "date_done", "result")
    search_texts = ("task_id",)
