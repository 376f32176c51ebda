"""Without OTEL_EXPORTER_OTLP_ENDPOINT there are no traces, and tracing costs nothing."""

import subprocess
import sys
import tomllib

import pytest
from celery import signals
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse

from config import VERSION
from config.observability import tracing
from tests.servers import ROOT


@pytest.fixture(autouse=True)
def _off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_tracer", None)


def test_the_version_is_the_projects() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_no_tracing_or_reporting_library_is_imported() -> None:
    script = (
        "import django, sys; django.setup()\n"
        "import django.core.handlers.wsgi as wsgi; handler = wsgi.WSGIHandler()\n"
        "from config.observability import tracing; from config.celery import app\n"
        "assert tracing.span('x', {}).__enter__() is None\n"
        "ours = ('opentelemetry.sdk.trace', 'opentelemetry.exporter', 'sentry_sdk')  # redis-py imports the metrics\n"
        "print([name for name in sys.modules if name.startswith(ours)])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_off_a_task_has_no_header() -> None:
    headers: dict[str, str] = {}
    with tracing.sending("some.task", queue="default"):
        signals.before_task_publish.send(sender="some.task", headers=headers, body=())
    assert "traceparent" not in headers


def test_off_no_request_passes_through_it() -> None:
    with pytest.raises(MiddlewareNotUsed):
        tracing.TracingMiddleware(lambda request: HttpResponse())
