"""Alerts without the label namespace, which no AlertmanagerConfig gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.alert_template import labels_left
from stackgen.checks.serving.monitoring.prometheus_addresses import STACK
from stackgen.escape import visible
from stackgen.facts.chart_values import Install, installs
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_GROUP = "monitoring.coreos.com"
_LABEL = "namespace"
_STRATEGY = ("alertmanagerConfigMatcherStrategy", "type")


def check(context: Context) -> Violations:
    """One finding for each PrometheusRule, where the only Alertmanager is known."""
    configs = list(context.bundle.of_kind("AlertmanagerConfig", _GROUP))
    owner = _owner(context) if configs else None
    if owner is None:
        return
    strategy, space = owner
    if strategy not in ("", "OnNamespace", "OnNamespaceExceptForAlertmanagerNamespace"):
        return
    if strategy.startswith("OnNamespaceExcept") and any(c.namespace == space for c in configs):
        return
    for rule in context.bundle.of_kind("PrometheusRule", _GROUP):
        lost = list(_lost(rule))
        if lost:
            place, name = lost[0]
            more = f", nor have {len(lost) - 1} more" if len(lost) > 1 else ""
            yield violation(
                f"alert {visible(name)} has no label namespace{more}; AlertmanagerConfig "
                f"{configs[0].name} gets alerts with namespace={configs[0].namespace} only",
                place,
                Place(configs[0], ("metadata", "namespace")),
            )


def _lost(rule: Resource) -> Iterator[tuple[Place, str]]:
    """The alerts whose expression certainly leaves no label namespace."""
    for i, group in maps(rule.get("spec", "groups")):
        for j, one in maps(group.get("rules")):
            left = labels_left(text(one.get("expr"))) if one.get("alert") else None
            own = {**as_dict(group.get("labels")), **as_dict(one.get("labels"))}
            if left is not None and _LABEL not in left and _LABEL not in own:
                yield Place(rule, ("spec", "groups", i, "rules", j, "expr")), str(one["alert"])


def _owner(context: Context) -> tuple[str, str] | None:
    """Strategy and namespace of the Alertmanager; None if there are several, or it is not known.

    None as well where Prometheus adds the label, or Alertmanager has receivers of its own.
    """
    servers = list(context.bundle.of_kind("Alertmanager", _GROUP))
    stacks = [one for one in installs(context.bundle) if one.chart.chart == STACK]
    prometheus = [as_dict(x.get("spec")) for x in context.bundle.of_kind("Prometheus", _GROUP)]
    prometheus += [as_dict(at(x.values, "prometheus", "prometheusSpec")) for x in stacks]
    if len(servers) + len(stacks) != 1 or any(map(_adds, prometheus)):
        return None
    if servers:
        spec = as_dict(servers[0].get("spec"))
        own = spec.get("configSecret") or spec.get("alertmanagerConfiguration")
        return None if own else (text(at(spec, *_STRATEGY)), servers[0].namespace)
    return _of_chart(stacks[0])


def _of_chart(install: Install) -> tuple[str, str] | None:
    given = as_dict(install.values.get("alertmanager"))
    spec = as_dict(given.get("alertmanagerSpec"))
    own = [one for _, one in maps(at(given, "config", "receivers")) if len(one) > 1]
    other = own or given.get("enabled") is False or given.get("stringConfig")
    other = other or spec.get("configSecret") or spec.get("alertmanagerConfiguration")
    if other or not install.complete:
        return None
    return text(at(spec, *_STRATEGY)), install.namespace


def _adds(spec: Mapping[str, Any]) -> bool:
    """Whether a Prometheus gives alerts the label."""
    external = as_dict(spec.get("externalLabels"))
    return bool(spec.get("enforcedNamespaceLabel")) or _LABEL in external
