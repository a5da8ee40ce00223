"""An admission policy of the input that refuses an object of the input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.composed import is_completed
from stackgen.checks.context import Context
from stackgen.checks.schema import kyverno
from stackgen.checks.schema.admitted import Admitted, admitted
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import selector
from stackgen.regex import regex
from stackgen.schema.cel import NotEvaluatedError, RuleError, evaluate_within_limits

_GROUP = "admissionregistration.k8s.io"
_NAME = "kubernetes.io/metadata.name"
# What an expression reads of the object, and whether it calls a method with two names.
_PATHS = regex(r"\bobject((?:\.\w+){0,2})(\s*\()?")
# What only a cluster knows.
_UNKNOWN = regex(r"\b(authorizer|userInfo|namespaceObject)\b")
_PARAMS = regex(r"\bparams\b")
_Bound = tuple[dict[str, Any], dict[str, Any], Resource]


def check(context: Context) -> Violations:
    """One finding for each policy and object."""
    policies = [(p, _matches(context, p)) for p in _bound(context)]
    if policies:
        for one in admitted(context):
            if is_completed(context, one.resource):
                continue
            for policy, bindings in policies:
                for *both, binding in bindings:
                    if all(_match(context, rules, one) for rules in both):
                        yield from _refused(policy, one, _params(context, policy, binding, one))
                        break
    yield from kyverno.refused(context)


def _bound(context: Context) -> Iterator[Resource]:
    """The policies that deny, with expressions that need nothing of the cluster."""
    for policy in context.bundle.of_kind("ValidatingAdmissionPolicy", _GROUP):
        if not is_completed(context, policy):
            yield policy


def _matches(context: Context, policy: Resource) -> list[_Bound]:
    """What the policy matches, with what each binding that denies leaves of it."""
    return [
        (
            as_dict(policy.get("spec", "matchConstraints")),
            as_dict(binding.get("spec", "matchResources")),
            binding,
        )
        for binding in context.bundle.of_kind("ValidatingAdmissionPolicyBinding", _GROUP)
        if binding.get("spec", "policyName") == policy.name
        and "Deny" in as_list(binding.get("spec", "validationActions"))
    ]


def _params(context: Context, policy: Resource, binding: Resource, one: Admitted) -> Any:
    """The object that a binding gives to the expressions; None where it is not known."""
    kind, ref = (
        as_dict(x) for x in (policy.get("spec", "paramKind"), binding.get("spec", "paramRef"))
    )
    name, space = text(ref.get("name")), text(ref.get("namespace")) or one.namespace
    found = [
        x
        for x in context.bundle.of_kind(text(kind.get("kind")))
        if x.name == name and x.namespace in ("", space) and not is_completed(context, x)
    ]
    return found[0].data if len(found) == 1 and name else None


def _match(context: Context, rules: Mapping[str, Any], one: Admitted) -> bool:
    """Whether the object surely matches."""
    included = list(maps(rules.get("resourceRules")))
    if included and not any(_resource(rule, one) for _, rule in included):
        return False
    if any(_resource(rule, one) for _, rule in maps(rules.get("excludeResourceRules"))):
        return False
    chosen = as_dict(rules.get("objectSelector"))
    if chosen and selector(chosen).matches(_texts(one.labels)) is not True:
        return False
    return not one.namespace or _in_namespace(context, as_dict(rules.get("namespaceSelector")), one)


def _in_namespace(context: Context, chosen: Mapping[str, Any], one: Admitted) -> bool:
    if not chosen:
        return True
    made = list(context.bundle.named("Namespace", "", one.namespace))
    keys = {*as_dict(chosen.get("matchLabels"))}
    keys |= {text(x.get("key")) for _, x in maps(chosen.get("matchExpressions"))}
    if not made and keys != {_NAME}:
        return False
    labels = _texts(as_dict(made[0].metadata.get("labels"))) if made else {}
    return selector(chosen).matches({**labels, _NAME: one.namespace}) is True


def _texts(labels: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in labels.items() if isinstance(value, str)}


def _resource(rule: Mapping[str, Any], one: Admitted) -> bool:
    def has(field: str, *wanted: str) -> bool:
        given = as_list(rule.get(field))
        return any(x in given for x in (*wanted, "*"))

    names = as_list(rule.get("resourceNames"))
    return (
        has("apiGroups", one.group)
        and has("operations", "CREATE")
        and has("resources", one.resources, "*/*")
        and (not names or one.name in names)
    )


def _refused(policy: Resource, one: Admitted, params: Any) -> Violations:
    fails = policy.get("spec", "failurePolicy") != "Ignore"
    data: dict[str, Any] = {
        "object": one.data,
        "oldObject": None,
        "request": one.request,
        "variables": {},
    }
    if params is not None:
        data["params"] = params
    for _, condition in maps(policy.get("spec", "matchConditions")):
        if _value(text(condition.get("expression")), data) is not True:
            return
    for _, variable in maps(policy.get("spec", "variables")):
        value = _value(text(variable.get("expression")), data)
        if value is not None:
            data["variables"][text(variable.get("name"))] = value
    for i, validation in maps(policy.get("spec", "validations")):
        held = _value(text(validation.get("expression")), data)
        if held is False or (isinstance(held, RuleError) and fails):
            said = text(validation.get("message")) or text(validation.get("expression"))
            yield violation(
                f"ValidatingAdmissionPolicy {policy.name} refuses {one.shown}: "
                f"{' '.join(said.split())}",
                Place(one.resource, one.path),
                Place(policy, ("spec", "validations", i), note="the policy"),
            )
            return


def _read(expression: str, data: Mapping[str, Any]) -> Any:
    """The fields of the object that an expression names: definitions are large."""
    whole = data["object"]
    paths = [(*path.split(".")[1:3], call) for path, call in _PATHS.findall(expression)]
    if not isinstance(whole, dict) or any(len(one) < 3 or one[-1] for one in paths):
        return whole
    found: dict[str, Any] = {}
    for first, second, _ in paths:
        inner = whole.get(first)
        if not isinstance(inner, dict):
            return whole
        part = found.setdefault(first, {})
        if second in inner:
            part[second] = inner[second]
    return found


def _value(expression: str, data: dict[str, Any]) -> Any:
    """The value; None if it is not known, and the error where the server has one, too."""
    if not expression or not plain(expression) or _UNKNOWN.search(expression):
        return None
    if "params" not in data and _PARAMS.search(expression):
        return None
    try:
        return evaluate_within_limits(expression, {**data, "object": _read(expression, data)})
    except NotEvaluatedError:
        return None
    except RuleError as error:
        # A variable that is not known is missing here, and not on the server.
        return None if "variables." in expression else error
