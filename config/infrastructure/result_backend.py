"""Where the outcomes of tasks are kept: django-celery-results, without what may quote a user."""

from typing import Any

from celery import states
from django_celery_results.backends import DatabaseBackend


class ResultBackend(DatabaseBackend):  # type: ignore[misc]
    """Keeps a task's name, state and result; of a failure its exception's type, never the message nor the traceback.

    A message may hold what a user wrote (a database error quotes the row), and tables are copied to where logs are not.
    """

    def _get_extended_properties(self, request: Any, traceback: Any) -> dict[str, Any]:
        names = ("periodic_task_name", "task_args", "task_kwargs", "traceback", "worker")
        return {**dict.fromkeys(names), "task_name": getattr(request, "task", None)}

    def _store_result(  # noqa: PLR0917 (as Celery calls it)
        self, task_id: str, result: Any, status: str, traceback: Any = None, request: Any = None, using: Any = None
    ) -> Any:
        if status in states.EXCEPTION_STATES:
            result = {"exc_type": (result or {}).get("exc_type", "")}
        return super()._store_result(task_id, result, status, traceback=None, request=request, using=using)
