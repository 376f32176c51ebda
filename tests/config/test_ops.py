"""The dashboard and the alerts use only metrics that exist, and show all of them."""

import json
import re
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from config.infrastructure import database_metrics
from config.observability import metrics
from tests.servers import ROOT

OPS = ROOT / "docs/ops"
DASHBOARD: dict[str, Any] = json.loads((OPS / "grafana-dashboard.json").read_text())
ALERTS = [rule for group in yaml.safe_load((OPS / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]] + [rule["expr"] for rule in ALERTS]
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def existing() -> dict[str, list[str]]:
    """The names of the series of each metric, by the name of the metric."""
    of_processes = {
        family.name: [family.name + suffix for suffix in SUFFIXES[family.type]]
        for family in REGISTRY.collect()
        if family.name.startswith("kuvaka_")
    }
    of_the_database = {name: [name] for name in (*database_metrics.gauges, "kuvaka_database_up")}
    return of_processes | of_the_database


def labels_of(name: str) -> set[str]:
    found = [each for each in vars(metrics).values() if getattr(each, "_name", None) == name]
    names = {*found[0]._labelnames} if found else set()
    question = database_metrics.gauges.get(name)
    return names | ({question.label} if question and question.label else set())


def test_every_name_in_both_files_is_a_metric() -> None:
    known = {series for every in existing().values() for series in every}
    used = {name for expression in EXPRESSIONS for name in re.findall(r"kuvaka_\w+", expression)}
    assert used - known == set()
    assert len(used) > 20


def test_every_metric_has_a_panel() -> None:
    shown = "\n".join(target["expr"] for panel in PANELS for target in panel["targets"])
    assert [
        name for name, every in existing().items() if not any(re.search(rf"\b{series}\b", shown) for series in every)
    ] == []


def test_every_label_in_both_files_is_one_of_its_metrics() -> None:
    wrong = []
    series = {each: name for name, every in existing().items() for each in every}
    for expression in EXPRESSIONS:
        names = [series[name] for name in re.findall(r"kuvaka_\w+", expression)]
        may = set().union(*(labels_of(name) for name in names)) | {"le", "instance", "job"}
        grouped = re.findall(r"\bby \(([^)]*)\)", expression)
        used = {label.strip() for group in grouped for label in group.split(",")}
        used |= set(re.findall(r'(\w+)(?:=~|!~|!=|=)"', expression))
        if used - may:
            wrong.append((expression, used - may))
    assert wrong == []


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_closes_what_it_opens(expression: str) -> None:
    for opening, closing in ("()", "[]", "{}"):
        assert expression.count(opening) == expression.count(closing)


def test_the_issues_alerts_exist_and_have_a_summary() -> None:
    names = {rule["alert"] for rule in ALERTS}
    assert names >= {
        "KuvakaPublishFailures",
        "KuvakaQueueAge",
        "KuvakaReplyFailures",
        "KuvakaLeasesLost",
        "KuvakaWebhookLag",
        "KuvakaWebhookFailures",
        "KuvakaNoBeat",
        "KuvakaBudgetNear",
        "KuvakaSmsCeiling",
        "KuvakaServerErrors",
    }
    assert len(names) == len(ALERTS)
    for rule in ALERTS:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith((".", "?"))


def test_each_alert_says_what_to_do() -> None:
    text = (OPS / "README.md").read_text()
    assert [rule["alert"] for rule in ALERTS if f"`{rule['alert']}`" not in text] == []


def test_the_dashboard_can_be_imported_anywhere() -> None:
    assert [variable["type"] for variable in DASHBOARD["templating"]["list"]] == ["datasource"]
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${datasource}"}
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_no_panel_overlaps_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        position = panel["gridPos"]
        cells = {(position["x"] + x, position["y"] + y) for x in range(position["w"]) for y in range(position["h"])}
        assert not taken & cells, panel["title"]
        assert position["x"] + position["w"] <= 24
        taken |= cells


def test_a_share_is_0_and_not_missing_before_its_first_event() -> None:
    """Not all HTTP status codes can begin at 0, so an expression with some of them needs a default."""
    asking = [expression for expression in EXPRESSIONS if re.search(r"http_requests_total\{code=~", expression)]
    assert len(asking) == 2
    assert [each for each in asking if not re.search(r"\(sum\(rate\([^()]*\)\) or vector\(0\)\) /", each)] == []
