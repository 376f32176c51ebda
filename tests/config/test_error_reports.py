"""The contents of an error report; no canary gets into one, wherever the error happens."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
import structlog
from celery import signals
from django.test import Client
from rest_framework.test import APIClient

from config.observability import sentry
from tests.doubles.collector import CollectorDouble

CANARY = "canary7f3a"
NUMBER = "+919876500001"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[CollectorDouble]:
    monkeypatch.setattr(sentry, "_is_on", False)
    with CollectorDouble() as double:
        sentry.configure(dsn=double.dsn, environment="tests", process="web")
        yield double
        sentry_sdk.get_client().close()
        sentry_sdk.init()


def sent(collector: CollectorDouble) -> list[dict[str, Any]]:
    sentry_sdk.flush(timeout=60)  # it ends with the last report; a busy machine may need more than the usual 2 s
    return collector.reports()


def fail(*_: Any, **__: Any) -> None:
    local = f"{CANARY} {NUMBER}"
    raise ValueError(local)


def chained(*_: Any, **__: Any) -> None:
    try:
        fail()
    except ValueError as error:
        raise RuntimeError(CANARY) from error


@pytest.mark.django_db
@pytest.mark.parametrize("how", [fail, chained])
def test_an_error_in_a_view_is_reported_by_type_and_frames_only(
    collector: CollectorDouble, monkeypatch: pytest.MonkeyPatch, how: Any
) -> None:
    monkeypatch.setattr("accounts.otp.request", how)
    structlog.get_logger("anything").warning("crumb", text=CANARY)
    response = APIClient().post(
        f"/auth/send-otp?{CANARY}={CANARY}",
        {"mobile_number": NUMBER, "note": CANARY},
        headers={"X-Request-ID": "followed-by-this", "X-Other": CANARY, "Cookie": f"a={CANARY}"},
    )
    assert response.status_code == 500
    [report] = sent(collector)
    assert report["exception"]["values"][-1]["type"] == ("ValueError" if how is fail else "RuntimeError")
    functions = [frame["function"] for each in report["exception"]["values"] for frame in each["stacktrace"]["frames"]]
    assert "fail" in functions
    assert report["tags"] == {"request_id": "followed-by-this", "process": "web"}
    assert report["environment"] == "tests"
    assert CANARY not in collector.text()
    assert NUMBER[3:] not in collector.text()


def test_a_report_has_only_the_listed_fields(collector: CollectorDouble) -> None:
    sentry_sdk.set_user({"id": CANARY})
    sentry_sdk.set_context("more", {"text": CANARY})
    sentry_sdk.set_extra("extra", CANARY)
    sentry_sdk.add_breadcrumb(message=CANARY, data={"text": CANARY})
    try:
        fail()
    except ValueError as error:
        sentry.report(error)
    [report] = sent(collector)
    assert set(report) <= {*sentry.EVENT, "tags", "exception"}
    assert {name for frame in report["exception"]["values"][0]["stacktrace"]["frames"] for name in frame} <= set(
        sentry.FRAME
    )
    assert CANARY not in collector.text()


def test_an_error_in_a_task_is_reported_with_its_request(collector: CollectorDouble) -> None:
    with structlog.contextvars.bound_contextvars(request_id="of-the-request", task="some.task"):
        try:
            fail()
        except ValueError as error:
            signals.task_failure.send(sender=None, exception=error, einfo=None, args=(CANARY,), kwargs={"a": CANARY})
    [report] = sent(collector)
    assert report["tags"] == {"request_id": "of-the-request", "task": "some.task", "process": "web"}
    assert CANARY not in collector.text()


def test_an_error_in_a_middleware_is_reported_once(collector: CollectorDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.http.middleware.PrivateMiddleware.__call__", fail)
    response = Client(raise_request_exception=False).get(f"/nowhere?{CANARY}")
    assert response.status_code == 500
    [report] = sent(collector)
    assert report["exception"]["values"][0]["type"] == "ValueError"
    assert CANARY not in collector.text()


def test_an_error_of_the_client_is_not_reported(collector: CollectorDouble) -> None:
    assert Client().get("/nowhere").status_code == 404
    assert sent(collector) == []


def test_a_report_changes_nothing_in_the_log(collector: CollectorDouble, logged: io.StringIO) -> None:
    try:
        fail()
    except ValueError:
        structlog.get_logger("anything").exception("it_failed")
    assert len(sent(collector)) == 1
    assert "it_failed" in logged.getvalue()
    assert "builtins.ValueError" in logged.getvalue()
    assert CANARY not in logged.getvalue()


def test_without_a_dsn_nothing_is_sent_or_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentry, "_is_on", False)
    sentry.configure(dsn="", environment="tests", process="web")
    sentry.report(ValueError())
    assert sentry._is_on is False
