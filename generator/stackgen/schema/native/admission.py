"""Webhook configurations and admission policies."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.metadata import path_segment
from stackgen.schema.native import labels, syntax
from stackgen.schema.native.apiservice import check_client_config
from stackgen.schema.native.expressions import check_expression
from stackgen.schema.native.report import Report, show

_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")
_FAILURES = ("Fail", "Ignore")
_MATCHES = ("Equivalent", "Exact")
_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")


def check_validating(data: dict[str, Any], report: Report) -> None:
    _check_webhooks(data, report)


def check_mutating(data: dict[str, Any], report: Report) -> None:
    _check_webhooks(data, report)
    for i, hook in enumerate(data.get("webhooks") or ()):
        policy = hook.get("reinvocationPolicy")
        if policy is not None and policy not in ("IfNeeded", "Never"):
            report.enum(("webhooks", i, "reinvocationPolicy"), policy, ("IfNeeded", "Never"))


def _check_webhooks(data: dict[str, Any], report: Report) -> None:
    names: set[str] = set()
    for i, hook in enumerate(data.get("webhooks") or ()):
        path = ("webhooks", i)
        name = hook.get("name", "")
        if not name:
            report.required((*path, "name"))
        elif syntax.fully_qualified(name):
            report.name((*path, "name"), name, syntax.fully_qualified(name))
        if name and name in names:
            report.duplicate((*path, "name"), name, "webhook name")
        names.add(name)
        _check_hook(hook, path, report)


def _check_hook(hook: dict[str, Any], path: Path, report: Report) -> None:
    for i, rule in enumerate(hook.get("rules") or ()):
        check_rule(rule, (*path, "rules", i), report)
    _check_choice(hook, "failurePolicy", _FAILURES, path, report)
    _check_choice(hook, "matchPolicy", _MATCHES, path, report)
    effects = hook.get("sideEffects")
    if effects is None:
        report.required((*path, "sideEffects"), "None or NoneOnDryRun")
    elif effects not in ("None", "NoneOnDryRun"):
        report.enum((*path, "sideEffects"), effects, ("None", "NoneOnDryRun"))
    seconds = hook.get("timeoutSeconds")
    if seconds is not None and not 1 <= seconds <= 30:
        report.range((*path, "timeoutSeconds"), seconds, "between 1 and 30")
    for field in ("namespaceSelector", "objectSelector"):
        if field in hook:
            labels.check_selector(hook[field], (*path, field), report)
    check_client_config(hook.get("clientConfig") or {}, (*path, "clientConfig"), report)
    _check_versions(hook.get("admissionReviewVersions") or [], path, report)
    _check_conditions(hook.get("matchConditions") or (), (*path, "matchConditions"), report)


def _check_versions(versions: list[str], path: Path, report: Report) -> None:
    where = (*path, "admissionReviewVersions")
    if not versions:
        report.required(where, "v1 or v1beta1 at least")
        return
    for i, version in enumerate(versions):
        if syntax.dns1035_label(version):
            report.name((*where, i), version, syntax.dns1035_label(version))
        elif version in versions[:i]:
            report.duplicate((*where, i), version, "version")
    if not {"v1", "v1beta1"} & set(versions):
        report.wrong(where, "must hold v1 or v1beta1")


def _check_choice(
    owner: dict[str, Any], field: str, allowed: tuple[str, ...], path: Path, report: Report
) -> None:
    value = owner.get(field)
    if value is not None and value not in allowed:
        report.enum((*path, field), value, allowed)


def _check_conditions(
    conditions: Any, path: Path, report: Report, more: tuple[str, ...] = ()
) -> None:
    names: set[str] = set()
    if len(conditions) > 64:
        report.length(path, f"{len(conditions)} conditions: at most 64")
    for i, condition in enumerate(conditions):
        where, name = (*path, i), condition.get("name", "")
        if not name:
            report.required((*where, "name"))
        elif syntax.qualified_name(name):
            report.name((*where, "name"), name, syntax.qualified_name(name))
        elif name in names:
            report.duplicate((*where, "name"), name, "condition name")
        names.add(name)
        text = condition.get("expression", "").strip()
        if not text:
            report.required((*where, "expression"))
        else:
            check_expression(text, more, (*where, "expression"), report)


def check_rule(rule: dict[str, Any], path: Path, report: Report) -> None:
    """Which operations on which resources."""
    operations = rule.get("operations") or ()
    if not operations:
        report.required((*path, "operations"))
    elif "*" in operations and len(operations) > 1:
        report.wrong((*path, "operations"), '"*" stands for all others: give it alone')
    for i, operation in enumerate(operations):
        report.enum((*path, "operations", i), operation, _OPERATIONS)
    for field in ("apiGroups", "apiVersions"):
        values = rule.get(field) or ()
        if not values:
            report.required((*path, field))
        elif "*" in values and len(values) > 1:
            report.wrong((*path, field), '"*" stands for all others: give it alone')
        for i, value in enumerate(values):
            if not value and field == "apiVersions":
                report.required((*path, field, i))
    _check_resources(rule.get("resources") or (), (*path, "resources"), report)
    scope = rule.get("scope")
    if scope is not None and scope not in _SCOPES:
        report.enum((*path, "scope"), scope, _SCOPES)


def _check_resources(values: Any, path: Path, report: Report) -> None:
    if not values:
        report.required(path)
    if "*/*" in values and len(values) > 1:
        report.wrong(path, '"*/*" stands for all others: give it alone')
    if "*" in values and any("/" not in v for v in values if v != "*"):
        report.wrong(path, '"*" stands for all resources without subresources')
    whole = {v.split("/")[0] for v in values if v.endswith("/*") and v.count("/") == 1}
    every = {v.split("/")[1] for v in values if v.startswith("*/") and v.count("/") == 1}
    for i, value in enumerate(values):
        resource, slash, sub = value.partition("/")
        if not value:
            report.required((*path, i))
        elif slash and sub != "*" and resource in whole:
            report.wrong((*path, i), f"{show(value)} is in {resource}/* already")
        elif slash and resource != "*" and sub in every and sub != "*":
            report.wrong((*path, i), f"{show(value)} is in */{sub} already")


# -- admission policies --------------------------------------------------------------------------


def check_policy(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    _check_choice(spec, "failurePolicy", _FAILURES, path, report)
    kind = spec.get("paramKind")
    if kind is not None:
        for field in ("apiVersion", "kind"):
            if not kind.get(field):
                report.required((*path, "paramKind", field))
        _check_kind(kind, (*path, "paramKind"), report)
    constraints = spec.get("matchConstraints")
    if constraints is None:
        report.required((*path, "matchConstraints"))
    else:
        check_match(constraints, (*path, "matchConstraints"), report)
        if not constraints.get("resourceRules"):
            report.required((*path, "matchConstraints", "resourceRules"), "at least one rule")
    params = ("params",) if kind is not None else ()
    conditions = spec.get("matchConditions") or ()
    _check_conditions(conditions, (*path, "matchConditions"), report, params)
    variables = spec.get("variables") or ()
    _check_variables(variables, ("variables", *params), report)
    known = ("variables", *params) if variables else params
    if data.get("kind") == "ValidatingAdmissionPolicy":
        _check_validations(spec, known, report)
    else:
        _check_mutations(spec, known, report)


def check_match(match: dict[str, Any], path: Path, report: Report) -> None:
    _check_choice(match, "matchPolicy", _MATCHES, path, report)
    for field in ("namespaceSelector", "objectSelector"):
        if field in match:
            labels.check_selector(match[field], (*path, field), report)
    for field in ("resourceRules", "excludeResourceRules"):
        for i, rule in enumerate(match.get(field) or ()):
            check_rule(rule, (*path, field, i), report)
            names = rule.get("resourceNames") or ()
            for j, name in enumerate(names):
                where = (*path, field, i, "resourceNames", j)
                if path_segment(name):
                    report.name(where, name, path_segment(name))
                elif name in names[:j]:
                    report.duplicate(where, name, "name")


def _check_kind(kind: dict[str, str], path: Path, report: Report) -> None:
    """The group, version and kind of parameters."""
    version, name = kind.get("apiVersion", ""), kind.get("kind", "")
    group, slash, number = version.rpartition("/")
    if version.count("/") > 1:
        report.syntax((*path, "apiVersion"), version, "must be group/version, or version alone")
    elif version and ((slash and syntax.dns_subdomain(group)) or syntax.dns1035_label(number)):
        report.name((*path, "apiVersion"), version, "must be group/version, or version alone")
    if name and syntax.dns1035_label(name.lower()):
        report.name((*path, "kind"), name, syntax.dns1035_label(name.lower()))


def _check_variables(variables: Any, known: tuple[str, ...], report: Report) -> None:
    for i, variable in enumerate(variables):
        where, name = ("spec", "variables", i), variable.get("name", "")
        if not name:
            report.required((*where, "name"))
        elif syntax.c_identifier(name):
            report.name((*where, "name"), name, syntax.c_identifier(name))
        text = variable.get("expression", "").strip()
        if not text:
            report.required((*where, "expression"))
        else:
            check_expression(text, known if i else known[1:], (*where, "expression"), report, "")


def _check_validations(spec: dict[str, Any], known: tuple[str, ...], report: Report) -> None:
    validations = spec.get("validations") or ()
    annotations = spec.get("auditAnnotations") or ()
    if not validations and not annotations:
        report.required(("spec", "validations"), "validations or auditAnnotations")
    for i, validation in enumerate(validations):
        where = ("spec", "validations", i)
        text = validation.get("expression", "").strip()
        if not text:
            report.required((*where, "expression"))
        else:
            check_expression(text, known, (*where, "expression"), report)
        message = validation.get("message", "")
        if message and (not message.strip() or "\n" in message.strip()):
            report.syntax((*where, "message"), message, "must be one line of text")
        dynamic = validation.get("messageExpression", "")
        if dynamic and not dynamic.strip():
            report.syntax((*where, "messageExpression"), dynamic, "must not be empty")
        elif dynamic:
            place = (*where, "messageExpression")
            check_expression(dynamic.strip(), known, place, report, "string")
        reason = validation.get("reason")
        if reason and reason not in _REASONS:
            report.enum((*where, "reason"), reason, _REASONS)
    if len(annotations) > 20:
        report.length(("spec", "auditAnnotations"), f"{len(annotations)} annotations: at most 20")
    keys: set[str] = set()
    for i, annotation in enumerate(annotations):
        where, key = ("spec", "auditAnnotations", i), annotation.get("key", "")
        if not key:
            report.required((*where, "key"))
        elif syntax.qualified_name(key):
            report.name((*where, "key"), key, syntax.qualified_name(key))
        elif key in keys:
            report.duplicate((*where, "key"), key, "key")
        keys.add(key)
        text = annotation.get("valueExpression", "").strip()
        if not text:
            report.required((*where, "valueExpression"))
        elif len(text) > 5 * 1024:
            report.length((*where, "valueExpression"), "must be at most 5120 bytes")
        else:
            check_expression(text, known, (*where, "valueExpression"), report, "")


def _check_mutations(spec: dict[str, Any], known: tuple[str, ...], report: Report) -> None:
    mutations, path = spec.get("mutations") or (), ("spec", "mutations")
    if not mutations:
        report.required(path, "at least one mutation")
    if not spec.get("reinvocationPolicy"):
        report.required(("spec", "reinvocationPolicy"), "Never or IfNeeded")
    else:
        _check_choice(spec, "reinvocationPolicy", ("IfNeeded", "Never"), ("spec",), report)
    for i, mutation in enumerate(mutations):
        where, kind = (*path, i), mutation.get("patchType", "")
        fields = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}
        if kind not in fields:
            report.enum((*where, "patchType"), kind, fields)
            continue
        for name, field in fields.items():
            if (field in mutation) != (name == kind):
                report.wrong((*where, field), f"{fields[kind]} belongs to patchType {kind}")
        text = (mutation.get(fields[kind]) or {}).get("expression", "").strip()
        if fields[kind] in mutation and not text:
            report.required((*where, fields[kind], "expression"))
        elif text:
            place = (*where, fields[kind], "expression")
            check_expression(text, (*known, "Object", "JSONPatch"), place, report, "")


def check_binding(data: dict[str, Any], report: Report) -> None:
    spec = data.get("spec") or {}
    path: Path = ("spec",)
    name = spec.get("policyName", "")
    if not name:
        report.required((*path, "policyName"))
    elif syntax.dns_subdomain(name):
        report.name((*path, "policyName"), name, syntax.dns_subdomain(name))
    if "matchResources" in spec:
        check_match(spec["matchResources"], (*path, "matchResources"), report)
    _check_params(spec.get("paramRef"), (*path, "paramRef"), report)
    if data.get("kind") != "ValidatingAdmissionPolicyBinding":
        return
    actions, where = spec.get("validationActions") or [], (*path, "validationActions")
    if not actions:
        report.required(where)
    for i, action in enumerate(actions):
        if action not in ("Audit", "Deny", "Warn"):
            report.enum((*where, i), action, ("Audit", "Deny", "Warn"))
        elif action in actions[:i]:
            report.duplicate((*where, i), action, "action")
    if "Deny" in actions and "Warn" in actions:
        report.wrong(where, "Deny and Warn exclude each other")


def _check_params(ref: dict[str, Any] | None, path: Path, report: Report) -> None:
    if ref is None:
        return
    name, selector = ref.get("name", ""), ref.get("selector")
    if not name and selector is None:
        report.required(path, "one of name and selector")
    elif name and selector is not None:
        report.wrong((*path, "selector"), "name and selector exclude each other")
    elif name and path_segment(name):
        report.name((*path, "name"), name, path_segment(name))
    if selector is not None:
        labels.check_selector(selector, (*path, "selector"), report)
    action = ref.get("parameterNotFoundAction")
    if not action:
        report.required((*path, "parameterNotFoundAction"))
    elif action not in ("Allow", "Deny"):
        report.enum((*path, "parameterNotFoundAction"), action, ("Allow", "Deny"))
