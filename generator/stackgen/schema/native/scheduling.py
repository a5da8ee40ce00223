"""Where pods may run: affinity, tolerations, topology spread."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import labels, syntax
from stackgen.schema.native.report import Report, show

EFFECTS = ("NoExecute", "NoSchedule", "PreferNoSchedule")
_NODE_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
_UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def check_tolerations(tolerations: list[dict[str, Any]], path: Path, report: Report) -> None:
    for i, toleration in enumerate(tolerations):
        where = (*path, i)
        key, operator = toleration.get("key", ""), toleration.get("operator", "")
        value, effect = toleration.get("value", ""), toleration.get("effect", "")
        if key:
            labels.check_label_key(key, (*where, "key"), report)
        elif operator != "Exists":
            report.wrong((*where, "operator"), "without a key the operator must be Exists")
        if "tolerationSeconds" in toleration and effect != "NoExecute":
            message = "effect must be NoExecute when tolerationSeconds is set"
            report.wrong((*where, "effect"), message)
        if operator in ("", "Equal"):
            report.label((*where, "value"), value, syntax.label_value(value))
        elif operator == "Exists":
            if value:
                report.wrong((*where, "value"), "must be empty when the operator is Exists")
        else:
            report.enum((*where, "operator"), operator, ("Equal", "Exists"))
        if effect and effect not in EFFECTS:
            report.enum((*where, "effect"), effect, EFFECTS)


def check_affinity(affinity: dict[str, Any], path: Path, report: Report) -> None:
    node = affinity.get("nodeAffinity")
    if node is not None:
        _check_node_affinity(node, (*path, "nodeAffinity"), report)
    for field in ("podAffinity", "podAntiAffinity"):
        if field in affinity:
            _check_pod_affinity(affinity[field], (*path, field), report)


def _check_node_affinity(affinity: dict[str, Any], path: Path, report: Report) -> None:
    if _REQUIRED in affinity:
        check_node_selector(affinity[_REQUIRED], (*path, _REQUIRED), report)
    for i, term in enumerate(affinity.get(_PREFERRED) or ()):
        where = (*path, _PREFERRED, i)
        _check_weight(term, where, report)
        _check_node_term(term.get("preference") or {}, (*where, "preference"), report)


def check_node_selector(selector: dict[str, Any], path: Path, report: Report) -> None:
    """A node selector: at least one term."""
    terms = selector.get("nodeSelectorTerms") or ()
    if not terms:
        report.required((*path, "nodeSelectorTerms"), "at least one term")
    for i, term in enumerate(terms):
        _check_node_term(term, (*path, "nodeSelectorTerms", i), report, strict=True)


def _check_weight(term: dict[str, Any], path: Path, report: Report) -> None:
    weight = term.get("weight", 0)
    if not 1 <= weight <= 100:
        report.range((*path, "weight"), weight, "between 1 and 100")


def _check_node_term(
    term: dict[str, Any], path: Path, report: Report, strict: bool = False
) -> None:
    for i, requirement in enumerate(term.get("matchExpressions") or ()):
        where = (*path, "matchExpressions", i)
        _check_node_operator(requirement, where, report)
        labels.check_label_key(requirement.get("key", ""), (*where, "key"), report)
        for j, value in enumerate(requirement.get("values") or () if strict else ()):
            report.label((*where, "values", j), value, syntax.label_value(value))
    for i, requirement in enumerate(term.get("matchFields") or ()):
        _check_node_field(requirement, (*path, "matchFields", i), report)


def _check_node_operator(requirement: dict[str, Any], path: Path, report: Report) -> None:
    operator, values = requirement.get("operator", ""), requirement.get("values") or ()
    if operator in ("In", "NotIn"):
        if not values:
            report.required((*path, "values"), f"{operator} compares with at least one value")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            report.wrong((*path, "values"), f"values must be left out when operator is {operator}")
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            report.required((*path, "values"), f"{operator} compares with exactly one value")
    else:
        report.enum((*path, "operator"), operator, _NODE_OPERATORS)


def _check_node_field(requirement: dict[str, Any], path: Path, report: Report) -> None:
    operator, values = requirement.get("operator", ""), requirement.get("values") or ()
    if operator not in ("In", "NotIn"):
        report.enum((*path, "operator"), operator, ("In", "NotIn"))
    elif len(values) != 1:
        report.required((*path, "values"), "exactly one value")
    if requirement.get("key", "") != "metadata.name":
        report.enum((*path, "key"), requirement.get("key", ""), ("metadata.name",))
        return
    for i, value in enumerate(values):
        report.name((*path, "values", i), value, syntax.dns_subdomain(value))


def _check_pod_affinity(affinity: dict[str, Any], path: Path, report: Report) -> None:
    for i, term in enumerate(affinity.get(_REQUIRED) or ()):
        _check_pod_term(term, (*path, _REQUIRED, i), report)
    for i, weighted in enumerate(affinity.get(_PREFERRED) or ()):
        where = (*path, _PREFERRED, i)
        _check_weight(weighted, where, report)
        _check_pod_term(weighted.get("podAffinityTerm") or {}, (*where, "podAffinityTerm"), report)


def _check_pod_term(term: dict[str, Any], path: Path, report: Report) -> None:
    for field in ("labelSelector", "namespaceSelector"):
        if field in term:
            labels.check_selector(term[field], (*path, field), report)
    for i, name in enumerate(term.get("namespaces") or ()):
        report.name((*path, "namespaces", i), name, syntax.dns_label(name))
    _check_match_keys(term, ("matchLabelKeys", "mismatchLabelKeys"), path, report)
    both = set(term.get("matchLabelKeys") or ()) & set(term.get("mismatchLabelKeys") or ())
    for key in sorted(both):
        report.wrong(path, f"{show(key)} is in matchLabelKeys and in mismatchLabelKeys")
    topology = term.get("topologyKey", "")
    if not topology:
        report.required((*path, "topologyKey"))
    else:
        labels.check_label_key(topology, (*path, "topologyKey"), report)


def _check_match_keys(
    owner: dict[str, Any], fields: tuple[str, ...], path: Path, report: Report
) -> None:
    """Lists of label keys that are taken from the pod itself."""
    selector = owner.get("labelSelector")
    for field in fields:
        keys = owner.get(field) or ()
        if keys and selector is None:
            report.wrong((*path, field), "needs a labelSelector beside it")
            continue
        used = set((selector or {}).get("matchLabels") or ())
        used |= {r.get("key", "") for r in (selector or {}).get("matchExpressions") or ()}
        for i, key in enumerate(keys):
            labels.check_label_key(key, (*path, field, i), report)
            if key in used and "maxSkew" not in owner:
                report.wrong((*path, field, i), f"{show(key)} is in the labelSelector already")
            if key in keys[:i] and field == "matchLabelKeys" and "maxSkew" in owner:
                report.duplicate((*path, field, i), key, "key")


def check_spread(constraints: list[dict[str, Any]], path: Path, report: Report) -> None:
    """`topologySpreadConstraints`."""
    seen: set[tuple[str, str]] = set()
    for i, constraint in enumerate(constraints):
        where = (*path, i)
        skew, topology = constraint.get("maxSkew", 0), constraint.get("topologyKey", "")
        otherwise, domains = constraint.get("whenUnsatisfiable", ""), constraint.get("minDomains")
        if skew <= 0:
            report.range((*where, "maxSkew"), skew, "more than 0")
        if not topology:
            report.required((*where, "topologyKey"))
        report.enum((*where, "whenUnsatisfiable"), otherwise, _UNSATISFIABLE)
        if (topology, otherwise) in seen:
            report.duplicate(where, f"{topology}, {otherwise}", "pair of key and action")
        seen.add((topology, otherwise))
        if domains is not None:
            if domains <= 0:
                report.range((*where, "minDomains"), domains, "more than 0")
            if otherwise != "DoNotSchedule":
                message = "needs whenUnsatisfiable: DoNotSchedule"
                report.wrong((*where, "minDomains"), message)
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if constraint.get(field, "Honor") not in ("Honor", "Ignore"):
                report.enum((*where, field), constraint[field], ("Honor", "Ignore"))
        if "labelSelector" in constraint:
            labels.check_selector(constraint["labelSelector"], (*where, "labelSelector"), report)
        _check_match_keys(constraint, ("matchLabelKeys",), where, report)
