"""Webhook configurations and admission policies."""

from __future__ import annotations

from typing import Any

from stackgen.schema import syntax
from stackgen.schema.native import labels
from stackgen.schema.native.apiservice import check_client_config, check_versions
from stackgen.schema.native.expressions import check_given
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import show

_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")
_FAILURES = ("Fail", "Ignore")
_MATCHES = ("Equivalent", "Exact")
_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")


_PATCHES = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}
_ALL = '"*" stands for all others: give it alone'


def check_validating(data: Fields) -> None:
    names: set[str] = set()
    for hook in data.items("webhooks"):
        hook.needs_name("name", syntax.fully_qualified)
        hook.unique("name", names, "webhook name")
        _check_hook(hook)


def check_mutating(data: Fields) -> None:
    check_validating(data)
    for hook in data.items("webhooks"):
        hook.enum("reinvocationPolicy", ("IfNeeded", "Never"))


def _check_hook(hook: Fields) -> None:
    for rule in hook.items("rules"):
        check_rule(rule)
    hook.enum("failurePolicy", _FAILURES)
    hook.enum("matchPolicy", _MATCHES)
    if hook.is_set("sideEffects", "None or NoneOnDryRun"):
        hook.enum("sideEffects", ("None", "NoneOnDryRun"))
    hook.between("timeoutSeconds", 1, 30)
    for field in ("namespaceSelector", "objectSelector"):
        labels.check_selector(hook.inner(field))
    check_client_config(hook.inner("clientConfig"))
    if check_versions(hook, "admissionReviewVersions"):
        hook.wrong("admissionReviewVersions", "must hold v1 or v1beta1")
    _check_conditions(hook)


def _check_conditions(owner: Fields, more: tuple[str, ...] = ()) -> None:
    names: set[str] = set()
    owner.at_most("matchConditions", 64, "conditions")
    for condition in owner.items("matchConditions"):
        if condition.needs_name("name", syntax.qualified_name):
            condition.unique("name", names, "condition name")
        names.add(condition.get("name", ""))
        check_given(condition, more)


def check_rule(rule: Fields) -> None:
    """Which operations on which resources."""
    for field in ("operations", "apiGroups", "apiVersions"):
        values = rule.get(field) or ()
        if rule.needs(field) and "*" in values and len(values) > 1:
            rule.wrong(field, _ALL)
        for value, where in rule.values(field):
            if field == "operations":
                rule.report.enum(where, value, _OPERATIONS)
            elif field == "apiVersions" and not value:
                rule.report.required(where)
    rule.needs("resources")
    _check_resources(rule)
    rule.enum("scope", _SCOPES)


def _check_resources(rule: Fields) -> None:
    values = rule.get("resources") or ()
    if "*/*" in values and len(values) > 1:
        rule.wrong("resources", '"*/*" stands for all others: give it alone')
    if "*" in values and any("/" not in v for v in values if v != "*"):
        rule.wrong("resources", '"*" stands for all resources without subresources')
    whole = {v.split("/")[0] for v in values if v.endswith("/*") and v.count("/") == 1}
    every = {v.split("/")[1] for v in values if v.startswith("*/") and v.count("/") == 1}
    for value, where in rule.values("resources"):
        resource, slash, sub = value.partition("/")
        if not value:
            rule.report.required(where)
        elif slash and sub != "*" and resource in whole:
            rule.report.wrong(where, f"{show(value)} is in {resource}/* already")
        elif slash and resource != "*" and sub in every and sub != "*":
            rule.report.wrong(where, f"{show(value)} is in */{sub} already")


# -- admission policies --------------------------------------------------------------------------


def check_policy(data: Fields) -> None:
    spec = data.inner("spec")
    spec.enum("failurePolicy", _FAILURES)
    if "paramKind" in spec:
        _check_kind(spec.inner("paramKind"))
    if spec.is_set("matchConstraints"):
        constraints = spec.inner("matchConstraints")
        check_match(constraints)
        constraints.needs("resourceRules", "at least one rule")
    params = ("params",) if "paramKind" in spec else ()
    _check_conditions(spec, params)
    for i, variable in enumerate(spec.items("variables")):
        variable.needs_name("name", syntax.c_identifier)
        check_given(variable, ("variables", *params) if i else params, result="")
    known = ("variables", *params) if spec.get("variables") else params
    if data.get("kind") == "ValidatingAdmissionPolicy":
        _check_validations(spec, known)
    else:
        _check_mutations(spec, known)


def check_match(match: Fields) -> None:
    match.enum("matchPolicy", _MATCHES)
    for field in ("namespaceSelector", "objectSelector"):
        labels.check_selector(match.inner(field))
    for rule in (*match.items("resourceRules"), *match.items("excludeResourceRules")):
        check_rule(rule)
        names = rule.get("resourceNames") or ()
        for i, (name, where) in enumerate(rule.values("resourceNames")):
            rule.report.name(where, name, syntax.path_segment(name))
            if name in names[:i] and not syntax.path_segment(name):
                rule.report.duplicate(where, name, "name")


def _check_kind(kind: Fields) -> None:
    """The group, version and kind of parameters."""
    kind.needs_all("apiVersion", "kind")
    version, name = kind.get("apiVersion", ""), kind.get("kind", "")
    group, slash, number = version.rpartition("/")
    wrong = "must be group/version, or version alone"
    if version.count("/") > 1:
        kind.report.syntax(kind.at("apiVersion"), version, wrong)
    elif version and ((slash and syntax.dns_subdomain(group)) or syntax.dns1035_label(number)):
        kind.report.name(kind.at("apiVersion"), version, wrong)
    if name:
        kind.report.name(kind.at("kind"), name, syntax.dns1035_label(name.lower()))


def _check_validations(spec: Fields, known: tuple[str, ...]) -> None:
    if not spec.get("auditAnnotations"):
        spec.needs("validations", "validations or auditAnnotations")
    for validation in spec.items("validations"):
        check_given(validation, known)
        validation.syntax("message", _one_line, empty=True)
        dynamic = validation.get("messageExpression")
        if dynamic and not dynamic.strip():
            where = validation.at("messageExpression")
            validation.report.syntax(where, dynamic, "must not be empty")
        elif dynamic:
            check_given(validation, known, "messageExpression", "string")
        validation.enum("reason", _REASONS, empty=True)
    spec.at_most("auditAnnotations", 20, "annotations")
    keys: set[str] = set()
    for annotation in spec.items("auditAnnotations"):
        if annotation.needs_name("key", syntax.qualified_name):
            annotation.unique("key", keys, "key")
        keys.add(annotation.get("key", ""))
        check_given(annotation, known, "valueExpression", "", limit=5 * 1024)


def _one_line(message: str) -> str:
    bad = not message.strip() or "\n" in message.strip()
    return "must be one line of text" if bad else ""


def _check_mutations(spec: Fields, known: tuple[str, ...]) -> None:
    spec.needs("mutations", "at least one mutation")
    spec.needs_enum("reinvocationPolicy", ("IfNeeded", "Never"), "Never or IfNeeded")
    for mutation in spec.items("mutations"):
        kind = mutation.get("patchType", "")
        if kind not in _PATCHES:
            mutation.report.enum(mutation.at("patchType"), kind, _PATCHES)
            continue
        for name, field in _PATCHES.items():
            if (field in mutation) != (name == kind):
                mutation.wrong(field, f"{_PATCHES[kind]} belongs to patchType {kind}")
        if _PATCHES[kind] in mutation:
            patch = mutation.inner(_PATCHES[kind])
            check_given(patch, (*known, "Object", "JSONPatch"), result="")


def check_binding(data: Fields) -> None:
    spec = data.inner("spec")
    spec.needs_name("policyName", syntax.dns_subdomain)
    check_match(spec.inner("matchResources"))
    if "paramRef" in spec:
        _check_params(spec.inner("paramRef"))
    if data.get("kind") != "ValidatingAdmissionPolicyBinding":
        return
    actions: list[Any] = spec.get("validationActions") or []
    spec.needs("validationActions")
    for i, (action, where) in enumerate(spec.values("validationActions")):
        spec.report.enum(where, action, ("Audit", "Deny", "Warn"))
        if action in ("Audit", "Deny", "Warn") and action in actions[:i]:
            spec.report.duplicate(where, action, "action")
    if "Deny" in actions and "Warn" in actions:
        spec.wrong("validationActions", "Deny and Warn exclude each other")


def _check_params(ref: Fields) -> None:
    name, selector = ref.get("name"), ref.get("selector")
    if not name and selector is None:
        ref.report.required(ref.path, "one of name and selector")
    elif name and selector is not None:
        ref.wrong("selector", "name and selector exclude each other")
    else:
        ref.name("name", syntax.path_segment, empty=True)
    labels.check_selector(ref.inner("selector"))
    ref.needs_enum("parameterNotFoundAction", ("Allow", "Deny"))
