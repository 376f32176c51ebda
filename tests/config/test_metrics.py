"""Metrics: access to them, and what is counted."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client import REGISTRY

from billing.exceptions import TOKENS_USED_UP, QuotaExceeded
from chatrooms.attachments.exceptions import StorageUnavailable
from chatrooms.exceptions import TooManyWaiting
from config.celery import app
from config.http import metrics_endpoint
from config.infrastructure import database_metrics
from config.observability import metrics
from gemini.exceptions import ProviderError
from tests.servers import ROOT

TOKEN = "a-token-of-the-tests"
Changed = Callable[[], float]


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


# --- Who may read them ------------------------------------------------------------------------------------------------


def scrape(**headers: str) -> Any:
    return Client().get("/metrics", headers=headers)


def test_with_the_token_any_host_is_served_without_redirect(settings: Any) -> None:
    settings.DEBUG, settings.METRICS_TOKEN, settings.SECURE_SSL_REDIRECT = False, TOKEN, True
    response = scrape(authorization=f"Bearer {TOKEN}", host="web:8000")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    assert "kuvaka_http_requests_total" in response.content.decode()


@pytest.mark.parametrize("given", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer \xe9"])
def test_without_the_token_they_are_not(settings: Any, given: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    response = scrape(authorization=given)
    assert (response.status_code, response["Content-Type"]) == (401, "application/problem+json")
    assert response.json()["code"] == "not_authenticated"
    assert response.json()["request_id"] == response["X-Request-ID"] != ""
    assert b"kuvaka_" not in response.content


def test_without_a_token_in_production_there_is_no_such_page(settings: Any) -> None:
    settings.DEBUG = False
    response = scrape()
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_without_a_token_they_are_open_while_developing(settings: Any) -> None:
    settings.DEBUG = True
    assert scrape().status_code == 200


def test_they_can_only_be_read(settings: Any) -> None:
    settings.DEBUG = True
    response = Client().post("/metrics")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


# --- What is counted --------------------------------------------------------------------------------------------------


def test_a_request_is_counted_by_its_route_and_never_by_its_path() -> None:
    labels = {"route": "chatroom/<int:room_id>", "method": "GET", "code": "401"}
    before = value("kuvaka_http_requests_total", **labels)
    Client().get("/chatroom/123456789?q=secret")
    assert value("kuvaka_http_requests_total", **labels) == before + 1
    # Only the names and the labels: the values may have any digits.
    named = [line.rpartition(" ")[0] for line in metrics_endpoint.exposition().decode().splitlines()]
    assert any(f'route="{labels["route"]}"' in line for line in named)
    assert [line for line in named if "123456789" in line] == []


def test_unknown_paths_and_methods_make_no_new_label() -> None:
    for number in range(5):
        Client().generic(f"METHOD{number}", f"/nowhere/{number}")
    text = metrics_endpoint.exposition().decode()
    assert 'code="404",method="other",route="none"' in text
    assert "METHOD1" not in text
    assert "nowhere" not in text


def test_a_scrape_is_not_counted_as_a_request(settings: Any) -> None:
    settings.DEBUG = True
    scrape()
    assert b"/metrics" not in metrics_endpoint.exposition()


def test_models_beyond_a_limit_share_a_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_models", set())
    labels = [metrics.model_label(f"model-{number}") for number in range(metrics.MODELS + 5)]
    assert len(set(labels)) == metrics.MODELS + 1
    assert labels[-1] == "other"
    assert metrics.model_label("model-0") == "model-0"


@cache
def beginnings() -> dict[str, list[tuple[str, ...]]]:
    """The labels of each counter in a new process, by the counter's name."""
    script = (
        "import django; django.setup(); from prometheus_client import REGISTRY\n"
        "from config.observability import metrics\n"
        "ours = [each for each in REGISTRY.collect() if each.type == 'counter' and each.name.startswith('kuvaka_')]\n"
        "series = {each.name: [one for one in each.samples if one.name.endswith('_total')] for each in ours}\n"
        "assert not any(one.value for samples in series.values() for one in samples)\n"
        "print({name: [tuple(one.labels.values()) for one in samples] for name, samples in series.items()})\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    labels: dict[str, list[tuple[str, ...]]] = ast.literal_eval(done.stdout)
    return labels


def beginning(name: str) -> set[tuple[str, ...]]:
    """The labels of a metric of `config.observability.metrics`, each at 0, before anything happened."""
    [family] = getattr(metrics, name).collect()
    return set(beginnings()[family.name])


def test_failures_and_retries_begin_at_0_for_every_code() -> None:
    errors = [each for each in all_of(ProviderError) if each is not ProviderError]
    ours = {"internal_error", "worker_lost", StorageUnavailable.code, *(each.code for each in TOKENS_USED_UP)}
    ends = {("failed", code) for code in {each.code for each in errors} | ours}
    assert beginning("replies") == ends | {("done", ""), ("stopped", "")}
    retried = {each.code for each in errors if each.retryable}
    assert beginning("retries_scheduled") == {(code,) for code in retried | {"internal_error", StorageUnavailable.code}}


def all_of(kind: type[ProviderError]) -> Iterator[type[ProviderError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from all_of(each)


def test_refusals_begin_at_0() -> None:
    codes = {(each.code,) for each in (QuotaExceeded, *TOKENS_USED_UP, TooManyWaiting)}
    assert beginning("quota_refusals") == codes


def test_publish_failures_begin_at_0_for_every_published_task() -> None:
    for each in ("accounts", "billing", "chatrooms"):
        import_module(f"{each}.tasks")
    app.finalize()  # which makes the schedule, if no other test has done so
    periodic = {line["task"] for line in app.conf.beat_schedule.values()}
    ours = {name for name in app.tasks if name.partition(".")[0] in ("accounts", "billing", "chatrooms")}
    assert beginning("publish_failures") == {(name,) for name in ours - periodic}


def test_the_ends_of_streams_begin_at_0() -> None:
    assert beginning("streams") >= {("200", end) for end in ("told", "too_slow", "stream_unavailable")}
    assert beginning("streams") >= {("503", "")}


# --- What the database knows ------------------------------------------------------------------------------------------


def collected() -> dict[str, float]:
    samples = [sample for family in database_metrics.Collector().collect() for sample in family.samples]
    return {f"{sample.name}{''.join(sample.labels.values())}": sample.value for sample in samples}


@pytest.mark.django_db
def test_some_metrics_are_read_from_the_database() -> None:
    assert collected() == {
        "kuvaka_replies_unfinishedqueued": 0,
        "kuvaka_replies_unfinishedgenerating": 0,
        "kuvaka_queue_age_seconds": 0,
        "kuvaka_webhook_oldest_seconds": 0,
        "kuvaka_service_tokens_today": 0,
        "kuvaka_service_tokens_ceiling": 50_000_000,
        "kuvaka_database_up": 1,
    }


def test_without_the_database_a_scrape_stops_after_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fail() -> float:
        asked.append(1)
        raise OperationalError

    gauges = {
        name: database_metrics.DatabaseGauge(name=name, documentation="", read=fail)
        for name in ("kuvaka_a", "kuvaka_b")
    }
    monkeypatch.setattr(database_metrics, "gauges", gauges)
    monkeypatch.setattr(database_metrics, "connection", SimpleNamespace(close=lambda: None))
    assert collected() == {"kuvaka_database_up": 0}
    assert asked == [1]
