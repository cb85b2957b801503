"""The Grafana dashboard asks for metrics that there are, and these say nothing of who is few."""

import json
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.consultation.clocks.swedish import swedish_calendar
from services.consultation.leadtimes.observing import observe
from services.consultation.tables import WORKER_ROLE
from tests.exchange import Exchange
from tests.folding import as_role, fold_all

DASHBOARDS = sorted((Path(__file__).resolve().parents[2] / "deploy/observability/grafana").glob("*.json"))
_METRIC = re.compile(r"\bsamrad_[a-z_]+")
_LABELS = re.compile(r"(samrad_[a-z_]+)\{([^}]*)\}")


def exposed(exchange: Exchange) -> dict[str, set[str]]:
    """Names of samples that the consultation service exposes, each with its labels."""
    text = exchange.http.get(f"http://127.0.0.1:{exchange.ports['consultation']}/metrics").text
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def observe_now(exchange: Exchange) -> None:
    exchange.open()
    fold_all(exchange)
    as_role(exchange, WORKER_ROLE, lambda connection: observe(connection, exchange.clock(), swedish_calendar()))


def expressions(dashboard: Path) -> list[str]:
    panels = json.loads(dashboard.read_text("utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_every_metric_and_label_of_a_dashboard_is_exposed(exchange: Exchange, dashboard: Path) -> None:
    observe_now(exchange)
    exchange.send("dashboard", "GET", "/consultation/v1/lead-times", handler=None)
    known = exposed(exchange)

    asked = {name for expression in expressions(dashboard) for name in _METRIC.findall(expression)}
    assert asked
    assert asked <= set(known)
    for expression in expressions(dashboard):
        for name, matchers in _LABELS.findall(expression):
            assert set(re.findall(r"([a-z_]+)\s*(?:=~|!=|!~|=)", matchers)) <= known[name]
        for grouped in re.findall(r"by \(([a-z_, ]+)\)", expression):
            (name, *_) = _METRIC.findall(expression)
            assert {label.strip() for label in grouped.split(",")} <= known[name]


def test_what_is_counted_in_metrics_names_neither_organisation_nor_unit(exchange: Exchange) -> None:
    observe_now(exchange)

    of_consultations = {
        name: labels for name, labels in exposed(exchange).items() if "consultations" in name or "lead_times" in name
    }

    assert set().union(*of_consultations.values()) == {"state", "working_days"}
