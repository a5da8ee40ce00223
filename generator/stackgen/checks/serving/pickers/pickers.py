"""Endpoint pickers of the input: their containers, the pools that name them, their rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, ApiObject, Chain, Pods, chain
from stackgen.facts import command_line
from stackgen.facts.command_line import CommandLine
from stackgen.facts.containers import environment
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


def pickers(links: Chain) -> tuple[Picker, ...]:
    """The containers of the input that start with a pool's name, or with the image of a picker."""
    return links.view.context.once(_pickers)


def _pickers(context: Context) -> tuple[Picker, ...]:
    return tuple(_found(chain(context)))


def _found(links: Chain) -> Iterator[Picker]:
    for obj in links.objects:
        if obj.service is not None:
            continue
        for template in pod_templates(obj.resource):
            for i, container in maps(template.spec.get("containers")):
                path = (*template.spec_path, "containers", i)
                line = command_line.read(
                    container.get("command"), container.get("args"), environment(container), path
                )
                if POOL_NAME in line.flags or is_published_picker(text(container.get("image"))):
                    yield Picker(Pods(obj, template.labels, template.spec), container, path, line)


def pools_of(links: Chain, picker: Picker) -> Iterator[tuple[ApiObject, Path, ApiObject]]:
    """The pools that name a Service of the picker: pool, path of the reference, Service."""
    namespace, labels = picker.pods.owner.namespace, picker.pods.labels
    known = links.view.context.once(_references)
    near: dict[int, _Reference] = {}
    for label in labels.items():
        near |= known.get((namespace, str(label)), {})
    for _, (pool, path, service) in sorted(near.items()):
        if as_dict(service.get("spec", "selector")).items() <= labels.items():
            yield pool, path, service


_Reference = tuple[ApiObject, Path, ApiObject]


def _references(context: Context) -> dict[tuple[str, str], dict[int, _Reference]]:
    """Pool, path and Service of each reference of a pool of the input to a Service, numbered.

    By the namespace and the first label that the Service selects.
    """
    links = chain(context)
    found: dict[tuple[str, str], dict[int, _Reference]] = {}
    number = 0
    for pool in links.of("InferencePool", *POOL_GROUPS):
        for field in REFS if pool.service is None else ():
            name = text(as_dict(pool.get("spec", field)).get("name"))
            service = links.find("Service", pool.namespace, name, "")
            labels = as_dict(service.get("spec", "selector")) if service is not None else {}
            if service is not None and labels:
                first = str(next(iter(labels.items())))
                here = found.setdefault((pool.namespace, first), {})
                here[number] = (pool, ("spec", field), service)
                number += 1
    return found


def rights_of(
    links: Chain, picker: Picker, verbs: frozenset[str] = WATCH
) -> list[tuple[ApiObject, str, str]] | None:
    """What roles of the input let the picker do `verbs` to: role, API group and resource.

    None: a role that is bound to its account is not in the input, or none is bound here.
    """
    found: list[tuple[ApiObject, str, str]] = []
    for binding in bindings_of(links, picker):
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
    return any(True for _ in bindings_of(links, picker))


def bindings_of(links: Chain, picker: Picker) -> Iterator[ApiObject]:
    """The bindings of the input that name the account of the picker."""
    known = links.view.context.once(_bound)
    yield from known.get((picker.pods.owner.namespace, picker.account), {}).values()


def _bound(context: Context) -> dict[tuple[str, str], dict[int, ApiObject]]:
    """The bindings by the namespace and the name of each account that they name."""
    found: dict[tuple[str, str], dict[int, ApiObject]] = {}
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in chain(context).of(kind):
            for _, subject in maps(binding.data.get("subjects")):
                space = text(subject.get("namespace")) or binding.namespace
                here = kind == "ClusterRoleBinding" or space == binding.namespace
                if here and subject.get("kind") == "ServiceAccount":
                    accounts = found.setdefault((space, text(subject.get("name"))), {})
                    accounts[id(binding)] = binding
    return found


def _readable(role: ApiObject, wanted: frozenset[str]) -> Iterator[tuple[str, str]]:
    for _, rule in maps(role.data.get("rules")):
        verbs = {str(v) for v in rule.get("verbs") or ()}
        if not wanted <= verbs and "*" not in verbs:
            continue
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                yield str(group), str(resource)
