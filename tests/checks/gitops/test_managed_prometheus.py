"""Monitors of the Prometheus Operator in a cluster with Managed Prometheus."""

from __future__ import annotations

import pytest

from stackgen.checks.context import Context
from stackgen.checks.gitops import monitor_definitions_late
from stackgen.machines.made import made_by
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Bundle, Resource


def monitor(kind: str) -> Resource:
    data = {
        "apiVersion": "monitoring.coreos.com/v1", "kind": kind,
        "metadata": {"name": "chat", "namespace": "models"}, "spec": {},
    }  # fmt: skip
    return Resource(data, "monitor.yaml")


@pytest.mark.parametrize(
    ("enabled", "kinds", "count"),
    [
        ("true", ["ServiceMonitor", "PrometheusRule"], 1),
        ("false", ["ServiceMonitor"], 0),
        ("true", ["ServiceMonitor", "Prometheus"], 0),
        ("true", [], 0),
    ],
)
def test_monitors_need_the_operator(enabled: str, kinds: list[str], count: int) -> None:
    text = (
        'resource "google_container_cluster" "c" {\n  monitoring_config {\n'
        f"    managed_prometheus {{\n      enabled = {enabled}\n    }}\n  }}\n}}\n"
    )
    outside = made_by([Source("main.tf", text)])
    context = Context(Bundle(tuple(map(monitor, kinds)), outside=outside))
    assert len(list(monitor_definitions_late.check(context))) == count
