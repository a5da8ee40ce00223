"""Metrics of the TPUs: the device plugin of GKE exports them, for each chip and its Pod."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.layers.alerts import board
from stackgen.origin import Traced, When, all_of, any_of, computed, is_value, literal
from stackgen.plan.model import Plan
from stackgen.render.objects import Rendered, Scope, obj

NAME = "tpu-device-plugin"
# Title, unit and query. A label that the collector sets itself is renamed in what it collects.
_PANELS = (
    ("TensorCore utilization", "percent", "max by (exported_pod) ({tensorcore}{by})"),
    ("HBM bandwidth utilization", "percent", "max by (exported_pod) ({bandwidth}{by})"),
    ("Duty cycle", "percent", "max by (exported_pod) ({duty_cycle}{by})"),
    (
        "HBM in use", "percentunit",
        "sum by (exported_pod) ({memory_used}{by}) / sum by (exported_pod) ({memory_total}{by})",
    ),
)  # fmt: skip


def tpu_metrics(plan: Plan, folder: str) -> Iterator[Rendered]:
    """The monitor of the engine in use. It selects Pods of kube-system without being there."""
    spec, row = plan.stack.spec, _facts(plan)
    pools = [literal(p.slice is not None, "observe/tpu", "a TPU pool") for p in plan.pools]
    asked = all_of(spec.observe.tpuMetrics, any_of(*pools))
    pods = {"matchLabels": row.value("labels")}
    end = {"path": "/metrics", "interval": "30s"}
    why = "TensorCore and HBM use of the servers"
    yield obj(
        Scope(plan, folder), "monitoring.googleapis.com/v1", "ClusterPodMonitoring", NAME,
        {"spec": {"selector": pods, "endpoints": [{"port": row.value("port"), **end}]}},
        when=all_of(asked, is_value(spec.observe.engine, "gmp")), rule="observe/tpu", why=why,
    )  # fmt: skip
    yield obj(
        Scope(plan, folder, spec.observe.namespace), "monitoring.coreos.com/v1", "PodMonitor", NAME,
        {"spec": {
            "selector": pods,
            "namespaceSelector": {"matchNames": [row.value("namespace")]},
            "podMetricsEndpoints": [{"portNumber": row.value("port"), **end}],
        }},
        when=all_of(asked, is_value(spec.observe.engine, "prometheus-operator")),
        rule="observe/tpu", why=why,
    )  # fmt: skip


def _facts(plan: Plan) -> Row:
    """The row counts as used where the metrics are collected."""
    asked = plan.stack.spec.observe.tpuMetrics.value
    return (plan.catalog if asked else plan.catalog.copy()).gke("tpu-metrics")


def tpu_board(plan: Plan) -> When:
    """The dashboard, where the metrics are collected."""
    names = _facts(plan).value("metrics")
    wanted = plan.stack.spec.observe.tpuMetrics
    made: Traced[dict[str, Any]] = computed(
        "dashboard", "panels on the metrics of the device plugin", _board,
        plan.stack.metadata.name, plan.stack.spec.serving.namespace, names,
    )  # fmt: skip
    return When(wanted, made)


def _board(name: str, space: str, metrics: dict[str, str]) -> dict[str, Any]:
    by = f'{{make="cloud-tpu", exported_namespace="{space}"}}'
    panels = [(title, unit, query.format(by=by, **metrics)) for title, unit, query in _PANELS]
    return board(f"TPUs: {name}", f"stackgen-tpu-{name}", panels)
