"""What each object needs to become ready, found once for a whole rollout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackgen.facts.containers import containers
from stackgen.facts.object_references import references
from stackgen.facts.shape import at, maps, matches, plain, text, texts
from stackgen.facts.templates import Services
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.flows import Flow
from stackgen.net.model import Pod, World
from stackgen.net.selectors import labels_of, selector
from stackgen.rollout.fills import brings, contents, fillers
from stackgen.rollout.installed import Installed, controller_key
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Key, Need, key_of
from stackgen.rollout.quota import Quotas

_CLUSTER = "cluster"
# Namespaces that a cluster has from its start. A manifest of one only gives it labels.
_OF_KUBERNETES = ("default", "kube-system", "kube-public", "kube-node-lease")
_OF_ARGO_CD = ("Application", "ApplicationSet", "AppProject")


class Needs:
    """The needs of the wanted objects.

    elsewhere: names of objects that others make, with the parts of the platform that they install.
    there: every wanted object by its key. makers: who makes a Secret or ConfigMap, by its key.
    """

    def __init__(
        self,
        objects: Iterable[Resource],
        kinds: Kinds,
        installed: Installed,
        world: World | None = None,
        flows: Iterable[Flow] = (),
        elsewhere: frozenset[str] = frozenset(),
        complete: bool = True,
        services: Services | None = None,
    ) -> None:
        self.kinds = kinds
        self.installed = installed
        self._elsewhere = elsewhere
        self.complete = complete
        self.there: dict[Key, Resource] = {key_of(r): r for r in objects}
        self.quotas = Quotas(self.there, services or {})
        self._fillers = fillers(self.there)
        self._namespaces = {
            r.name: labels_of(r.metadata)
            for k, r in self.there.items() if (k.group, k.kind) == ("", "Namespace")
        }  # fmt: skip
        self.makers: dict[Key, list[Key]] = {}
        for key, resource in self.there.items():
            for made in self._made(resource):
                self.makers.setdefault(made, []).append(key)
        self._pods = world.of_resource if world is not None else {}
        self._roles = world.of_role if world is not None else {}
        self._flows: dict[int, list[Flow]] = {}
        for flow in flows:
            if flow.gates:
                end = flow.source if flow.gates == "from" else flow.destination
                self._flows.setdefault(id(end), []).append(flow)
        self._known: dict[int, tuple[Need, ...]] = {}
        self._controllers: dict[str, tuple[Need, ...]] = {}

    def of(self, resource: Resource) -> tuple[Need, ...]:
        """What an object needs: first what it needs to be taken at all."""
        found = self._known.get(id(resource))
        if found is None:
            needs = (*self._own(resource), *self._of_pods(resource))
            found = tuple(sorted(dict.fromkeys(needs), key=lambda n: not n.start))
            self._known[id(resource)] = found
        return found

    def assumed(self, resource: Resource) -> list[Need]:
        """The needs that nothing of the rollout meets: other tools, or people, have to.

        What a controller gives its own Pods is its business, so the object itself must name it. A
        controller that some rollouts install is named where this one does not.
        """
        lost = [
            need for need in self.of(resource)
            if need.kind == "made" and need.target not in self.makers
            and need.target is not None and need.target not in self.there
        ]  # fmt: skip
        unknown = [n for n in self.of(resource) if n.flow is not None and n.flow.unknown]
        name = self.kinds.of(resource.group, resource.kind).controller
        if self.kinds.controller(name).get("deployments") and not self.installed.of(name):
            unknown.append(Need("made", f"controller {name}", ("kind",)))
        if not lost:
            return unknown
        said = {one for _, one in texts(resource.data)}
        return unknown + [n for n in lost if n.target is not None and n.target.name in said]

    def pods_of(self, resource: Resource) -> list[Pod]:
        """The Pods that an object makes."""
        return self._pods.get(id(resource), [])

    def targets(self, need: Need) -> list[Key]:
        """The wanted objects that a need is about."""
        if need.kind == "controller":
            return [key_of(one) for one in self.installed.of(need.controller)]
        if need.flow is not None:
            ends = (need.flow.source, need.flow.destination)
            made = [end.resource for end in ends if isinstance(end, Pod)]
            return [key_of(one) for one in made if one is not None]
        if need.target is None:
            return []
        return [need.target, *self.makers.get(need.target, ())]

    def of_controller(self, name: str) -> tuple[Need, ...]:
        """What a controller needs to run, besides being installed."""
        if name not in self._controllers:
            row = self.kinds.controller(name)
            pods = self._roles.get(row.get("role") or "", ())
            self._controllers[name] = tuple(_flow(f) for p in pods for f in self._flows_of(p))
        return self._controllers[name]

    # -- what the object says ----------------------------------------------------------------

    def _own(self, resource: Resource) -> Iterator[Need]:
        kind = self.kinds.of(resource.group, resource.kind)
        if resource.namespace not in ("", *_OF_KUBERNETES):
            yield from self._object(
                Key("", "Namespace", "", resource.namespace), ("metadata", "namespace"), start=True
            )
        definition = self.installed.definition(resource.group, resource.kind)
        if resource.group == "argoproj.io" and resource.kind in _OF_ARGO_CD:
            definition = None  # without it no delivery begins
        if definition is not None:
            yield Need(
                "object", f"the definition of {resource.kind}", ("kind",), definition, start=True
            )
        yield from self._served(kind.controller, resource.kind, start=definition is None)
        for row in kind.needs:
            yield from self._named(resource, row)
        yield from self.installed.needs(resource)
        yield from self.quotas.needs(resource)
        if resource.kind == "GitRepository" and "source.toolkit" in resource.group:
            address = text(resource.get("spec", "url"))
            if address.startswith("ssh://") and not resource.get("spec", "secretRef"):
                what = "an identity, spec.secretRef: Flux reads no ssh address without one"
                yield Need("never", what, ("spec", "url"), rule="rollout-never-synced")

    def _served(self, controller: str, kind: str, *, start: bool = False) -> Iterator[Need]:
        """The need of the controller of a kind, where the rollout brings it."""
        if not controller:
            return
        if self.installed.of(controller):
            key = controller_key(controller)
            what = f"{controller}, which serves {kind}"
            yield Need("controller", what, ("kind",), key, controller, start=start)
            return
        operand = self.installed.lacking(controller)
        if operand:
            what = f"{controller}, which serves {kind} and runs only with a {operand}"
            yield Need("never", what, ("kind",), rule="rollout-operand-missing")

    def _named(self, resource: Resource, row: Mapping[str, Any]) -> Iterator[Need]:
        for path, value in matches(resource.data, tuple(row["path"])):
            if not isinstance(value, str) or not value or not plain(value):
                continue
            made = "unless" in row and resource.get(*row["unless"]) is True
            if made or resource.get(*path[:-1], "optional") is True:
                continue

            def beside(field: str, here: Path = path) -> str:
                steps = zip(row[field], (*here, *row[field][len(here) :]), strict=False)
                return text(resource.get(*(h if s == "*" else s for s, h in steps)))

            kind = (beside("kind_at") if "kind_at" in row else "") or row.get("kind", "")
            if not kind:
                continue
            space = row.get("namespace", "")
            if not space:
                given = beside("namespace_at") if "namespace_at" in row else ""
                space = given or resource.namespace
            if space == _CLUSTER or kind.startswith("Cluster"):
                space = ""
            target = Key(row.get("group", ""), kind, space, value)
            if kind in ("Secret", "ConfigMap") or self._is_missing(row, target):
                yield self._made_need(target, path)
            else:
                yield from self._object(target, path)

    def _is_missing(self, row: Mapping[str, Any], target: Key) -> bool:
        """Whether nothing here makes an object that parts of others do not bring either."""
        known = target in self.there or target.name in self._elsewhere
        return self.complete and row.get("absent") == "missing" and not known

    def _object(self, target: Key, path: Path, *, start: bool = False) -> Iterator[Need]:
        """The need of an object that the rollout brings; what it does not is taken to be there."""
        if target in self.there:
            yield Need("object", str(target), path, target, ready=not start, start=start)

    def _made_need(self, target: Key, path: Path) -> Need:
        return Need("made", str(target), path, target)

    # -- Pods --------------------------------------------------------------------------------

    def _of_pods(self, resource: Resource) -> Iterator[Need]:
        for pod in self.pods_of(resource):
            space = pod.namespace
            yield from self._object(Key("", "Namespace", "", space), ("metadata", "namespace"))
            account = text(pod.spec.get("serviceAccountName"))
            held = self.there.get(Key("", "ServiceAccount", space, account)) if account else None
            if held is not None:
                yield from self._object(key_of(held), ())
            for _, volume in maps(pod.spec.get("volumes")):
                claim = text(at(volume, "persistentVolumeClaim", "claimName"))
                yield from self._object(Key("", "PersistentVolumeClaim", space, claim), ())
            yield from self._filled(resource, pod)
            for reference in references(pod.spec):
                yield self._made_need(Key("", reference.kind, space, reference.name), ())
            pulls = self._pull_secrets(pod)
            for secret in pulls:
                yield self._made_need(Key("", "Secret", space, secret), ())
            if not pulls and (self.complete or held is not None):
                yield from self._logins(pod)
            for name in self.kinds.kinds_called(pod.kind) if pod.kind != resource.kind else ():
                kind, _, group = name.partition(".")
                yield from self._served(self.kinds.of(group, kind).controller, kind)
            yield from (_flow(flow) for flow in self._flows_of(pod))

    def _filled(self, resource: Resource, pod: Pod) -> Iterator[Need]:
        """The Jobs that fill the volumes of a pod."""
        if resource.kind != "Job" and self._fillers:
            for what, writes in contents(pod.spec, pod.namespace, self.there):
                for job in self._fillers.get(what, ()):
                    # A Pod that may write itself needs a Job that brings something.
                    if not writes or brings(self.there[job]):
                        yield from self._object(job, ())

    def _pull_secrets(self, pod: Pod) -> list[str]:
        """The pull secrets of a pod: its own, else those of its ServiceAccount."""
        found = [text(one.get("name")) for _, one in maps(pod.spec.get("imagePullSecrets"))]
        account = text(pod.spec.get("serviceAccountName")) or "default"
        held = self.there.get(Key("", "ServiceAccount", pod.namespace, account))
        if not found and held is not None:
            found = [text(one.get("name")) for _, one in maps(held.get("imagePullSecrets"))]
        return [name for name in found if name]

    def _logins(self, pod: Pod) -> Iterator[Need]:
        """The registries of a Pod's images that give nothing without a login."""
        for _, container in containers(pod.spec):
            registry = self.kinds.login(text(container.get("image")))
            if registry:
                what = f"a pull secret for {registry}"
                yield Need("never", what, ("metadata", "name"), rule="pod-pull-secret")

    def _flows_of(self, pod: Pod) -> list[Flow]:
        return self._flows.get(id(pod), [])

    # -- what objects make -------------------------------------------------------------------

    def _made(self, resource: Resource) -> Iterator[Key]:
        for row in self.kinds.of(resource.group, resource.kind).makes:
            name = text(resource.get(*row["name"])) or text(resource.get(*row.get("name_or", ())))
            if name and row["in"] == "own":
                yield Key("", row["kind"], resource.namespace, name)
            elif name:
                for _, given in matches(resource.data, tuple(row["in"])):
                    wanted = selector(given)
                    for space, labels in self._namespaces.items():
                        named = {**labels, "kubernetes.io/metadata.name": space}
                        if wanted.matches(named):
                            yield Key("", row["kind"], space, name)


def _flow(flow: Flow) -> Need:
    why = f": {flow.unknown}" if flow.unknown else ""
    return Need("flow", f"{flow.id}: {flow.source} to {flow.destination}{why}", (), flow=flow)
