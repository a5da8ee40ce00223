"""Endpoint pickers of the input: their containers, the pools that name them, their rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.serving.chain import POOL_GROUPS, ApiObject, Chain, Pods
from stackgen.facts import command_line
from stackgen.facts.command_line import CommandLine
from stackgen.facts.pickers import is_published_picker
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.record import record

POOL_NAME = "pool-name"
WATCH = frozenset({"list", "watch"})
REFS = ("endpointPickerRef", "extensionRef")


@record
class Picker:
    """A container that runs an endpoint picker. path: of the container in the object."""

    pods: Pods
    container: Mapping[str, Any]
    path: Path
    line: CommandLine

    @property
    def account(self) -> str:
        """The ServiceAccount of its Pods."""
        return text(self.pods.spec.get("serviceAccountName")) or "default"

    def place(self, *path: str | int) -> Place:
        """A place in the container."""
        return self.pods.owner.place(*self.path, *path)

    def flag(self, name: str) -> Place:
        """The place of a flag; of the container when there is none."""
        flag = self.line.flags.get(name)
        return Place(self.pods.owner.resource, flag.path) if flag is not None else self.place()


def pickers(links: Chain) -> Iterator[Picker]:
    """The containers of the input that start with a pool's name, or with the image of a picker."""
    for obj in links.objects:
        if obj.service is not None:
            continue
        for template in pod_templates(obj.resource):
            for i, container in maps(template.spec.get("containers")):
                path = (*template.spec_path, "containers", i)
                line = command_line.read(
                    container.get("command"), container.get("args"), _environment(container), path
                )
                if POOL_NAME in line.flags or is_published_picker(text(container.get("image"))):
                    yield Picker(Pods(obj, template.labels, template.spec), container, path, line)


def _environment(container: Mapping[str, Any]) -> dict[str, str]:
    """The variables with a value. $(NAMESPACE) from the Pod's own fields stays unknown."""
    return {
        text(entry.get("name")): entry["value"]
        for _, entry in maps(container.get("env"))
        if isinstance(entry.get("value"), str)
    }


def pools_of(links: Chain, picker: Picker) -> Iterator[tuple[ApiObject, Path, ApiObject]]:
    """The pools that name a Service of the picker: pool, path of the reference, Service."""
    namespace = picker.pods.owner.namespace
    for pool in links.of("InferencePool", *POOL_GROUPS):
        if pool.namespace != namespace or pool.service is not None:
            continue
        for field in REFS:
            ref = as_dict(pool.get("spec", field))
            service = links.find("Service", namespace, text(ref.get("name")), "")
            labels = as_dict(service.get("spec", "selector")) if service is not None else {}
            if service is not None and labels and labels.items() <= picker.pods.labels.items():
                yield pool, ("spec", field), service


def rights_of(
    links: Chain, picker: Picker, verbs: frozenset[str] = WATCH
) -> list[tuple[ApiObject, str, str]] | None:
    """What roles of the input let the picker do `verbs` to: role, API group and resource.

    None: a role that is bound to its account is not in the input, or none is bound here.
    """
    found: list[tuple[ApiObject, str, str]] = []
    for binding in _bindings(links, picker):
        ref = as_dict(binding.data.get("roleRef"))
        kind = text(ref.get("kind"))
        role = links.find(kind, binding.namespace if kind == "Role" else "", text(ref.get("name")))
        if role is None:
            return None
        found += [(role, group, name) for group, name in _readable(role, verbs)]
        found.append((role, "", ""))
    return found or None


def is_bound(links: Chain, picker: Picker) -> bool:
    """Whether a binding of the input names the account of the picker."""
    return any(True for _ in _bindings(links, picker))


def _bindings(links: Chain, picker: Picker) -> Iterator[ApiObject]:
    namespace = picker.pods.owner.namespace
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in links.of(kind):
            if kind == "RoleBinding" and binding.namespace != namespace:
                continue
            subjects = [s for _, s in maps(binding.data.get("subjects"))]
            if any(_is(s, binding.namespace, namespace, picker.account) for s in subjects):
                yield binding


def _is(subject: Mapping[str, Any], usual: str, namespace: str, account: str) -> bool:
    space = text(subject.get("namespace")) or usual
    return (subject.get("kind"), subject.get("name"), space) == (
        "ServiceAccount",
        account,
        namespace,
    )


def _readable(role: ApiObject, wanted: frozenset[str]) -> Iterator[tuple[str, str]]:
    for _, rule in maps(role.data.get("rules")):
        verbs = {str(v) for v in rule.get("verbs") or ()}
        if not wanted <= verbs and "*" not in verbs:
            continue
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                yield str(group), str(resource)
