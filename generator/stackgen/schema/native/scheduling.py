"""Where Pods may run: affinity, tolerations, topology spread."""

from __future__ import annotations

from stackgen.schema import syntax
from stackgen.schema.native import labels
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import show

EFFECTS = ("NoExecute", "NoSchedule", "PreferNoSchedule")
_NODE_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
_UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def check_tolerations(pod: Fields) -> None:
    for toleration in pod.items("tolerations"):
        key, operator = toleration.get("key", ""), toleration.get("operator", "")
        if key:
            labels.check_label_key(key, toleration.at("key"), toleration.report)
        elif operator != "Exists":
            toleration.wrong("operator", "without a key the operator must be Exists")
        if "tolerationSeconds" in toleration and toleration.get("effect") != "NoExecute":
            message = "effect must be NoExecute when tolerationSeconds is set"
            toleration.wrong("effect", message)
        check_toleration_value(toleration)
        toleration.enum("effect", EFFECTS, empty=True)


def check_toleration_value(toleration: Fields) -> None:
    """The operator of a toleration, and the value that it compares with."""
    value = toleration.get("value", "")
    if not toleration.enum("operator", ("Equal", "Exists"), empty=True):
        return
    if toleration.get("operator") != "Exists":
        toleration.report.label(toleration.at("value"), value, syntax.label_value(value))
    elif value:
        toleration.wrong("value", "must be empty when the operator is Exists")


def check_affinity(affinity: Fields) -> None:
    node = affinity.inner("nodeAffinity")
    if _REQUIRED in node:
        check_node_selector(node.inner(_REQUIRED))
    for term in node.items(_PREFERRED):
        _check_weight(term)
        _check_node_term(term.inner("preference"))
    for field in ("podAffinity", "podAntiAffinity"):
        pods = affinity.inner(field)
        for term in pods.items(_REQUIRED):
            _check_pod_term(term)
        for weighted in pods.items(_PREFERRED):
            _check_weight(weighted)
            _check_pod_term(weighted.inner("podAffinityTerm"))


def check_node_selector(selector: Fields) -> None:
    """A node selector: at least one term."""
    selector.needs("nodeSelectorTerms", "at least one term")
    for term in selector.items("nodeSelectorTerms"):
        _check_node_term(term, strict=True)


def _check_weight(term: Fields) -> None:
    weight = term.get("weight", 0)
    if not 1 <= weight <= 100:
        term.report.range(term.at("weight"), weight, "between 1 and 100")


def _check_node_term(term: Fields, strict: bool = False) -> None:
    for requirement in term.items("matchExpressions"):
        report = requirement.report
        labels.check_operator(requirement, _NODE_OPERATORS)
        labels.check_label_key(requirement.get("key", ""), requirement.at("key"), report)
        for value, where in requirement.values("values") if strict else ():
            report.label(where, value, syntax.label_value(value))
    for requirement in term.items("matchFields"):
        _check_node_field(requirement)


def _check_node_field(requirement: Fields) -> None:
    report, values = requirement.report, requirement.get("values") or ()
    operator, key = requirement.get("operator", ""), requirement.get("key", "")
    if operator not in ("In", "NotIn"):
        report.enum(requirement.at("operator"), operator, ("In", "NotIn"))
    elif len(values) != 1:
        report.required(requirement.at("values"), "exactly one value")
    if key != "metadata.name":
        report.enum(requirement.at("key"), key, ("metadata.name",))
        return
    for value, where in requirement.values("values"):
        report.name(where, value, syntax.dns_subdomain(value))


def _check_pod_term(term: Fields) -> None:
    for field in ("labelSelector", "namespaceSelector"):
        labels.check_selector(term.inner(field))
    for name, where in term.values("namespaces"):
        term.report.name(where, name, syntax.dns_label(name))
    _check_match_keys(term, ("matchLabelKeys", "mismatchLabelKeys"))
    both = set(term.get("matchLabelKeys") or ()) & set(term.get("mismatchLabelKeys") or ())
    for key in sorted(both):
        message = f"{show(key)} is in matchLabelKeys and in mismatchLabelKeys"
        term.report.wrong(term.path, message)
    if term.needs("topologyKey"):
        labels.check_label_key(term.get("topologyKey"), term.at("topologyKey"), term.report)


def _check_match_keys(owner: Fields, fields: tuple[str, ...]) -> None:
    """Lists of label keys that are taken from the Pod itself."""
    selector, report = owner.get("labelSelector"), owner.report
    for field in fields:
        keys = owner.get(field) or ()
        if keys and selector is None:
            owner.wrong(field, "needs a labelSelector beside it")
            continue
        used = set((selector or {}).get("matchLabels") or ())
        used |= {r.get("key", "") for r in (selector or {}).get("matchExpressions") or ()}
        for i, (key, where) in enumerate(owner.values(field)):
            labels.check_label_key(key, where, report)
            if key in used and "maxSkew" not in owner:
                report.wrong(where, f"{show(key)} is in the labelSelector already")
            if key in keys[:i] and field == "matchLabelKeys" and "maxSkew" in owner:
                report.duplicate(where, key, "key")


def check_spread(pod: Fields) -> None:
    """`topologySpreadConstraints`."""
    seen: set[tuple[str, str]] = set()
    for constraint in pod.items("topologySpreadConstraints"):
        topology, otherwise = (
            constraint.get(field, "") for field in ("topologyKey", "whenUnsatisfiable")
        )
        constraint.positive("maxSkew", 0)
        constraint.needs("topologyKey")
        constraint.report.enum(constraint.at("whenUnsatisfiable"), otherwise, _UNSATISFIABLE)
        if (topology, otherwise) in seen:
            pair = f"{topology}, {otherwise}"
            constraint.report.duplicate(constraint.path, pair, "pair of key and action")
        seen.add((topology, otherwise))
        constraint.positive("minDomains")
        if otherwise != "DoNotSchedule":
            constraint.forbidden("needs whenUnsatisfiable: DoNotSchedule", "minDomains")
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            constraint.enum(field, ("Honor", "Ignore"))
        labels.check_selector(constraint.inner("labelSelector"))
        _check_match_keys(constraint, ("matchLabelKeys",))
