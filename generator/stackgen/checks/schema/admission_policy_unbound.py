"""An admission policy without a binding, or a binding without the parameter of its policy."""

from __future__ import annotations

from stackgen.checks.composed import is_completed, is_listed, together
from stackgen.checks.context import Context
from stackgen.checks.serving.provided import provided
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.schema.store import namespaced

_GROUP = "admissionregistration.k8s.io"
_READS = regex(r"\bparams\.(?!\?)")
_TESTED = regex(r"\bparams\s*[!=]=\s*null|\bhas\(params\b|\bparams\.\?")


def check(context: Context) -> Violations:
    """One finding for each policy, and for each binding."""
    for word in ("Validating", "Mutating"):
        policies = list(context.bundle.of_kind(f"{word}AdmissionPolicy", _GROUP))
        bindings = list(context.bundle.of_kind(f"{word}AdmissionPolicyBinding", _GROUP))
        names = {text(one.get("spec", "policyName")) for one in bindings}
        used = any(one.name in names for one in policies)
        for policy in policies:
            own = [one for one in bindings if one.get("spec", "policyName") == policy.name]
            for binding in own:
                yield from _unset(context, policy, binding)
            # A binding that names no policy of the input may be meant for this one.
            stray = names - {one.name for one in policies}
            if not own and not stray and _alone(context, policy, used):
                yield violation(
                    f"no {word}AdmissionPolicyBinding has policyName: {policy.name}",
                    Place(policy, ("metadata", "name")),
                )


def _alone(context: Context, policy: Resource, used: bool) -> bool:
    """Whether the binding would be in the input."""
    world = together(context, policy)
    whole = context.complete or (is_listed(context, policy) and world is not None)
    return (used or whole) and (world is None or not world.open) and plain(policy.name)


def _unset(context: Context, policy: Resource, binding: Resource) -> Violations:
    kind = text(as_dict(policy.get("spec", "paramKind")).get("kind"))
    ref = as_dict(binding.get("spec", "paramRef"))
    if not kind or is_completed(context, policy) or is_completed(context, binding):
        return
    if not ref:
        read = _reads(policy)
        if read and policy.get("spec", "failurePolicy") != "Ignore":
            yield violation(
                f"the expressions of policy {policy.name} read params, and the binding has no "
                "paramRef: params is null, and all that it matches is rejected",
                Place(binding, ("spec",)),
                Place(policy, ("spec", "paramKind"), note="the kind of the parameter"),
                severity=Severity.ERROR,
            )
        return
    name, space = text(ref.get("name")), text(ref.get("namespace"))
    group = text(as_dict(policy.get("spec", "paramKind")).get("apiVersion")).rpartition("/")[0]
    if not name or not plain(name + space) or (namespaced(group, kind) and not space):
        return  # of the namespace of each object
    known = provided(context)
    if known.has(kind, space, name):
        return
    found = known.missing(kind, space, name, binding)
    elsewhere = sorted({one.namespace for one in context.bundle.of_kind(kind) if one.name == name})
    hint = f"; it is in namespace {elsewhere[0]}" if len(elsewhere) == 1 and elsewhere[0] else ""
    if found is not None or hint:
        where = f" in namespace {space}" if space else ""
        yield violation(
            f"nothing in the input provides {kind} {visible(name)}{where}, the parameter of policy "
            f"{policy.name}{hint or (found[1] if found else '')}",
            Place(binding, ("spec", "paramRef", "name")),
        )


def _reads(policy: Resource) -> bool:
    """Whether an expression reads the parameter, and none asks whether there is one."""
    given = [
        text(one.get("expression"))
        for word in ("matchConditions", "variables", "validations")
        for _, one in maps(policy.get("spec", word))
    ]
    return any(map(_READS.search, given)) and not any(map(_TESTED.search, given))
