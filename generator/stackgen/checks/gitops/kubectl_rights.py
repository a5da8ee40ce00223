"""A Pod that runs kubectl without a role for it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.composed import may_be_patched, together
from stackgen.checks.context import Context
from stackgen.checks.serving.access.role_resource_unknown import plural
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.escape import visible
from stackgen.facts.containers import words
from stackgen.facts.shape import as_list, maps, plain, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.regex import regex

_GROUP = "rbac.authorization.k8s.io"
_KUBECTL = regex(r"(?m)(?:^|[\s;&|(`])kubectl[ \t]+([^\n;&|)`]+)")
# The group of the kinds that scripts name, and the short words for them.
_GROUPS = {
    "pods": "", "services": "", "configmaps": "", "secrets": "", "persistentvolumeclaims": "",
    "deployments": "apps", "statefulsets": "apps", "daemonsets": "apps",
    "jobs": "batch", "cronjobs": "batch",
}  # fmt: skip
_SHORT = {
    "po": "pods", "svc": "services", "cm": "configmaps", "pvc": "persistentvolumeclaims",
    "deploy": "deployments", "sts": "statefulsets", "ds": "daemonsets",
}  # fmt: skip
_VERBS = {"patch": "patch", "annotate": "patch", "label": "patch", "delete": "delete", "get": "get"}
_ROLLOUTS = {"restart": "patch", "status": "get"}
_WITH_VALUE = ("-n", "--namespace", "-l", "-o", "--selector", "--output", "--timeout", "-p", "-c")


@record
class Call:
    """What a command asks of the API server. name: "" where it names no single object."""

    verb: str
    resource: str
    sub: str
    name: str
    namespace: str
    said: str


def check(context: Context) -> Violations:
    """One finding for each Pod and verb, if all roles of its account are in the input."""
    for pod in pod_specs(context):
        calls = [(path, call) for path, said in _texts(pod) for call in _calls(said)]
        rules = _rules(context, pod) if calls else None
        told: set[tuple[str, str, str]] = set()
        for path, call in calls if rules is not None else ():
            key = (call.verb, call.resource, call.sub)
            granted = (_permits(x, call) for x, space in rules or () if _in(space, call, pod))
            if key not in told and not any(granted):
                told.add(key)
                account = text(pod.spec.get("serviceAccountName"))
                whole = call.resource + (f"/{call.sub}" if call.sub else "")
                which = f" of {visible(call.name)}" if call.name else ""
                yield violation(
                    f"kubectl {call.said} needs {call.verb} on {whole}{which}, and no role of "
                    f"ServiceAccount {account} has it",
                    pod.place(*path),
                )


def _texts(pod: PodSpec) -> Iterator[tuple[Path, str]]:
    for path, container in pod.containers():
        said = list(words(container))
        if said and said[0][1] == "kubectl":
            yield (*path, said[0][0][0]), shlex.join(word for _, word in said)
            continue
        for inner, word in said:
            if "kubectl" in word:
                yield (*path, *inner), word


def _calls(said: str) -> Iterator[Call]:
    """The calls whose kind and verb are known."""
    for found in _KUBECTL.finditer(said.replace("\\\n", " ")):
        try:
            given = shlex.split(found[1])
        except ValueError:
            continue
        words, space, rest = [], "", list(given)
        if "--kubeconfig" in found[1] or "--token" in found[1] or "--as" in found[1]:
            continue
        while rest:
            word = rest.pop(0)
            name, equals, value = word.partition("=")
            if not word.startswith("-"):
                words.append(word)
            elif name in _WITH_VALUE:
                value = value if equals else (rest.pop(0) if rest else "")
                space = value if name in ("-n", "--namespace") else space
        yield from _call(words, space)


def _call(words: list[str], space: str) -> Iterator[Call]:
    sub = ""
    if words[:1] == ["rollout"] and len(words) > 2:
        verb, target, said = _ROLLOUTS.get(words[1], ""), words[2:], " ".join(words[:2])
    elif words[:1] == ["scale"]:
        verb, target, said, sub = "patch", words[1:], "scale", "scale"
    elif words[:1] == ["exec"] and len(words) > 1:
        verb, target, said, sub = "create", ["pods", words[1]], "exec", "exec"
    elif words and words[0] in _VERBS:
        verb, target, said = _VERBS[words[0]], words[1:], words[0]
    else:
        return
    kind, slash, name = (target[0] if target else "").partition("/")
    name = name if slash else (target[1] if len(target) > 1 else "")
    resource = _SHORT.get(kind.lower(), kind.lower())
    resource = resource if resource in _GROUPS else plural(resource) if resource else ""
    if verb == "get" and not name:
        verb = "list"
    if verb and resource in _GROUPS and plain(name + space):
        yield Call(verb, resource, sub, name, space, said)


def _rules(context: Context, pod: PodSpec) -> list[tuple[Mapping[str, Any], str]] | None:
    """The rules of the account with their namespace; "" for all. None if there may be others."""
    account = text(pod.spec.get("serviceAccountName"))
    if not account or not pod.namespace or not plain(account):
        return None
    world = together(context, pod.resource)
    if world is not None and world.open:
        return None
    found: list[tuple[Mapping[str, Any], str]] = []
    bound = 0
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in context.bundle.of_kind(kind, _GROUP):
            subjects = [one for _, one in maps(binding.get("subjects"))]
            if not any(_is_account(one, account, pod, binding) for one in subjects):
                continue
            role = _role(context, binding)
            if role is None or may_be_patched(context, role):
                return None
            bound += 1
            space = binding.namespace if kind == "RoleBinding" else ""
            found += [(rule, space) for _, rule in maps(role.get("rules"))]
            if role.get("aggregationRule"):
                return None
    return found if bound else None


def _is_account(subject: Mapping[str, Any], account: str, pod: PodSpec, binding: Resource) -> bool:
    space = text(subject.get("namespace")) or binding.namespace
    own = subject.get("kind") == "ServiceAccount" and subject.get("name") == account
    return (own and space == pod.namespace) or subject.get("kind") == "Group"


def _role(context: Context, binding: Resource) -> Resource | None:
    kind, name = text(binding.get("roleRef", "kind")), text(binding.get("roleRef", "name"))
    space = binding.namespace if kind == "Role" else ""
    found = list(context.bundle.named(kind, space, name, _GROUP))
    return found[0] if len(found) == 1 else None


def _in(space: str, call: Call, pod: PodSpec) -> bool:
    return space in ("", call.namespace or pod.namespace)


def _permits(rule: Mapping[str, Any], call: Call) -> bool:
    def has(field: str, *values: str) -> bool:
        given = [text(one) for one in as_list(rule.get(field))]
        return "*" in given or any(value in given for value in values)

    whole = f"{call.resource}/{call.sub}" if call.sub else call.resource
    verbs = (call.verb, "update") if call.sub == "scale" else (call.verb,)
    names = as_list(rule.get("resourceNames"))
    return (
        has("apiGroups", _GROUPS[call.resource])
        and has("resources", whole, f"*/{call.sub}" if call.sub else whole)
        and has("verbs", *verbs)
        and (not names or not call.name or call.name in names)
    )
