"""What the rules of this family look at: made once for each run, and shared by all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from stackgen.checks.composed import folder
from stackgen.checks.context import Context
from stackgen.checks.serving.deliveries import delivered
from stackgen.checks.serving.isvc_services import no_pod_has
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net import ports as p
from stackgen.net.evaluate import Net, Reading
from stackgen.net.model import Pod, World
from stackgen.net.policies import (
    DIRECTIONS,
    PEERS,
    Direction,
    Peer,
    Policy,
    PolicyRule,
    policies_of,
)
from stackgen.net.ports import Ports
from stackgen.net.profile import half_seen
from stackgen.net.selectors import EVERYTHING, NAME_LABEL, LabelIndex
from stackgen.net.workloads import GATEWAY_LABEL
from stackgen.net.world import world_of
from stackgen.platforms.model import PARTS
from stackgen.schema.store import SchemaCatalog
from stackgen.schema.syntax import dns_subdomain

# Controllers of these make Pods whose labels are not known here; of InferenceService, see `shows`.
MAKES_PODS = frozenset(
    {
        "RayCluster", "RayService", "RayJob", "JobSet", "Application",
        "HelmRelease", "HelmChart", "Kustomization", "KnativeServing", "Cluster", "Prometheus",
        "Workflow", "PyTorchJob", "MPIJob", "Notebook", "SparkApplication", "HelmInstall",
    }
)  # fmt: skip


# Where an installation says for which namespace it is.
_TARGETS: tuple[Path, ...] = (
    ("spec", "targetNamespace"), ("spec", "destination", "namespace"),
)  # fmt: skip

# Namespaces that every cluster has, with no label but that of their name.
_UNLABELLED = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})

# The labels of gateways that Istio's charts install.
_OF_CHART = {
    "istio": frozenset({"ingressgateway", "ingress", "gateway", "ingress-gateway"}),
    "app": frozenset({"istio-ingressgateway", "istio-ingress", "istio-gateway"}),
}


_KNOWN_IN_PART = ("gateway", *PARTS)


class View:
    """Policies, Pods and the evaluator of one bundle."""

    def __init__(self, context: Context) -> None:
        self.context = context

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """Every policy of the bundle."""
        return tuple(policies_of(self.context.bundle.objects))

    @cached_property
    def world(self) -> World:
        """The Pods of the bundle."""
        rows, release = self.context.catalog.copy(), self.context.release
        named = rows.release(release) if release else None
        return world_of(self.context.bundle, release=named, catalog=rows)

    @cached_property
    def net(self) -> Net:
        """The evaluator, in the reading of Dataplane V2."""
        return Net(self.world, self.policies, Reading.PODS_HAVE_IDENTITIES)

    @cached_property
    def by_address(self) -> Net:
        """The evaluator, in the reading in which an ipBlock means Pods as well."""
        return Net(self.world, self.policies, Reading.PODS_ARE_ADDRESSES)

    @cached_property
    def known(self) -> frozenset[str]:
        """Namespaces of which the bundle shows Pods, and nothing that makes unknown ones.

        The namespaces of the cluster itself and of operators have further pods.
        """
        return self._but_services - self._services.keys()

    def shows(self, namespace: str, labels: Mapping[str, Any]) -> bool:
        """Whether the bundle shows all Pods of a namespace that may have the labels.

        InferenceServices make Pods whose labels are known in part.
        """
        made = self._services.get(namespace, ())
        return namespace in self._but_services and all(no_pod_has(x, labels) for x in made)

    @cached_property
    def _but_services(self) -> frozenset[str]:
        """The namespaces of which the bundle shows all Pods, but for those of _services."""
        # Beside a gateway there is often a controller that other manifests install.
        shown = {pod.namespace for pod in self.world.pods if pod.role not in _KNOWN_IN_PART}
        if any(_fills_any(r) for r in self.context.bundle.of_kind("ApplicationSet", "argoproj.io")):
            return frozenset()
        return frozenset(x for x in shown - self._filled if not half_seen(x))

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Namespaces with something that makes Pods of unknown labels."""
        return self._filled | self._services.keys()

    @cached_property
    def _services(self) -> dict[str, list[Resource]]:
        """The InferenceServices by namespace."""
        found: dict[str, list[Resource]] = {}
        for one in (*self.context.bundle.outside, *self.context.bundle.objects):
            if one.kind == "InferenceService":
                found.setdefault(one.namespace or "default", []).append(one)
        return found

    @cached_property
    def _filled(self) -> frozenset[str]:
        """Namespaces with something else that makes Pods of unknown labels.

        An object of a kind without a schema may be one for an operator, which makes Pods of it.
        """
        context = self.context
        schemas = SchemaCatalog(context.schemas, context.catalog.copy().variants(context.release))
        installed = {
            text(release.get("namespace"))
            for one in context.bundle.settings
            for _, release in maps(one.get("releases"))
        }
        shown = delivered(context).shown
        seen = [r for r in context.bundle.objects if id(r) not in shown]
        makers = [r for r in seen if r.kind in MAKES_PODS]
        makers += [r for r in context.bundle.outside if r.kind in MAKES_PODS]
        installed |= {text(r.get(*path)) for r in makers for path in _TARGETS}
        return frozenset(installed - {""}) | frozenset(
            r.namespace or "default"
            for r in (*makers, *seen)
            if r.kind in MAKES_PODS
            or (
                r.namespace
                and "." in r.group
                and r.kind != "InferenceService"
                and not dns_subdomain(r.group)
                and not r.kind.endswith("Policy")
                and not schemas.versions(r.group, r.kind)
            )
        )

    @cached_property
    def predictors(self) -> dict[str, dict[str, str]]:
        """By namespace: the label `app` of predictors without Knative, by InferenceService."""
        found: dict[str, dict[str, str]] = {}
        for pod in self.world.pods:
            label = pod.labels.get("app", "")
            if pod.role == "predictor" and pod.resource is not None and label.startswith("isvc."):
                found.setdefault(pod.namespace, {})[pod.resource.name] = label
        return found

    @cached_property
    def pods_in(self) -> dict[str, list[Pod]]:
        """The Pods of the bundle by namespace."""
        found: dict[str, list[Pod]] = {}
        for pod in self.world.pods:
            found.setdefault(pod.namespace, []).append(pod)
        return found

    @cached_property
    def copies(self) -> dict[tuple[object, ...], list[Pod]]:
        """The Pods that no policy can tell apart, as those of several environments often are."""
        found: dict[tuple[object, ...], list[Pod]] = {}
        for pod in self.world.pods:
            found.setdefault(_seen_by_policies(pod), []).append(pod)
        return found

    @cached_property
    def distinct(self) -> tuple[Pod, ...]:
        """The first of each of `copies`."""
        return tuple(pods[0] for pods in self.copies.values())

    def same(self, pod: Pod) -> list[Pod]:
        """The Pods that policies cannot tell from this one, with it."""
        return self.copies[_seen_by_policies(pod)]

    def alike(self, pod: Pod) -> Pod:
        """The first Pod that policies cannot tell from this one."""
        return self.same(pod)[0]

    def network_rules(self) -> Iterator[tuple[Policy, Direction, PolicyRule]]:
        """Every rule of a NetworkPolicy that counts, with its direction."""
        for policy in self.policies:
            if policy.resource.kind == "NetworkPolicy":
                for direction in DIRECTIONS:
                    if direction in policy.isolates:
                        for rule in policy.rules(direction):
                            yield policy, direction, rule

    @cached_property
    def labelled(self) -> LabelIndex[Pod]:
        """The Pods of the bundle by their labels; under the namespace "*" those of all."""
        pods = self.world.pods
        return LabelIndex(
            (space, x.labels, x.complete, x) for x in pods for space in (x.namespace, "*")
        )

    def selected(self, policy: Policy) -> list[Pod]:
        """The Pods of the bundle that the policy acts on."""
        wanted = policy.subject.pods or EVERYTHING
        pods = self.labelled.candidates(policy.namespace or "*", wanted)
        return [pod for pod in pods if self.net.matcher.subject(policy, pod)]

    def peers(
        self, policy: Policy, direction: Direction, rule: PolicyRule
    ) -> Iterator[tuple[Peer, Path]]:
        """The peers of a rule, each with its place."""
        for i, peer in enumerate(rule.peers or ()):
            yield peer, (*rule.path, PEERS[direction], i)

    def namespaces_of(self, peer: Peer, policy: Policy) -> frozenset[str] | None:
        """The namespaces a peer names; None when it selects them by other labels."""
        if peer.namespaces is None:
            return frozenset({policy.namespace})
        return peer.namespaces.names()

    def matching(self, peer: Peer, policy: Policy) -> Iterator[Pod]:
        """The Pods of the bundle that a peer may mean."""
        names = self.namespaces_of(peer, policy)
        wanted = peer.pods or EVERYTHING
        if peer.block is not None:
            pods: Iterator[Pod] = iter(self.world.pods)
        else:
            spaces = ["*"] if names is None else sorted(names)
            pods = (pod for space in spaces for pod in self.labelled.candidates(space, wanted))
        for pod in pods:
            if self.net.matcher.peer(peer, policy.namespace, pod) is not False:
                yield pod

    def nothing(self, policy: Policy, peer: Peer) -> str:
        """Why the peer matches nothing; empty when it may match."""
        if peer.block is not None or (peer.pods is None and peer.namespaces is None):
            return ""
        unlabelled = self._unlabelled(peer)
        if unlabelled:
            return unlabelled
        names = self.namespaces_of(peer, policy)
        if names and (other := self._of_chart(policy, peer, names)):
            return other
        if not names or peer.pods is None or not peer.pods.requirements:
            return ""
        if any(True for _ in self.matching(peer, policy)):
            return ""
        if not names <= self.known:
            return self._near(peer, names)
        if not policy.resource.namespace and not any(
            pod.resource is not None and together(policy.resource, pod.resource)
            for pod in self.pods_in[policy.namespace]
        ):
            return ""  # it is applied with Pods of other folders, to a namespace that is not known
        elsewhere = sorted({x.namespace for x in self.world.pods if peer.pods.matches(x.labels)})
        hint = f"; such Pods are in {', '.join(elsewhere)}" if elsewhere else ""
        return f"no Pod in {', '.join(sorted(names))} has {peer.pods}{hint}"

    def _near(self, peer: Peer, names: frozenset[str]) -> str:
        """Why a selector is a slip: Pods have almost the label, where others may have it, too."""
        for asked in peer.pods.requirements if peer.pods is not None else ():
            value = next(iter(asked.values), "")
            pods = [pod for space in names for pod in self.pods_in.get(space, ())]
            found = {pod.labels[asked.key] for pod in pods if asked.key in pod.labels}
            near = [x for x in found if x.replace("-", "") == value.replace("-", "")]
            if len(asked.values) == 1 and value not in found and near:
                where = ", ".join(sorted(names))
                return f"no Pod in {where} has {peer.pods}; did you mean {near[0]}?"
        return ""

    def _of_chart(self, policy: Policy, peer: Peer, names: frozenset[str]) -> str:
        """Why a selector for the gateway of Istio's chart means none of the input's Gateways."""
        asked = peer.pods.requirements if peer.pods is not None else ()
        if not any(r.values & _OF_CHART.get(r.key, frozenset()) for r in asked):
            return ""
        made = [
            pod
            for space in names - {"istio-system"}
            for pod in self.pods_in.get(space, ())
            if pod.resource is not None and pod.resource.kind == "Gateway"
        ]
        if not made or any(True for _ in self.matching(peer, policy)):
            return ""
        return f"the Pods of Gateway {made[0].owner} have no {peer.pods}, but {GATEWAY_LABEL}"

    @cached_property
    def _namespace_labels(self) -> dict[str, set[str]]:
        """The values of each label of the namespaces."""
        found: dict[str, set[str]] = {}
        for space in self.world.namespaces.values():
            for key, value in space.labels.items():
                found.setdefault(key, set()).add(value)
        return found

    def _unlabelled(self, peer: Peer) -> str:
        """A label `name` that is meant to be the namespace's name, and does not exist."""
        for r in peer.namespaces.requirements if peer.namespaces is not None else ():
            if r.operator != "In" or r.key == NAME_LABEL:
                continue
            prefix = r.key.rpartition("/")[0]
            if prefix and not prefix.endswith("kubernetes.io"):
                continue  # a label of the team, which may put it on namespaces that others made
            declared = [self.world.namespaces.get(value) for value in sorted(r.values)]
            labels = [
                space.labels if space is not None else {} if value in _UNLABELLED else None
                for space, value in zip(declared, sorted(r.values), strict=True)
            ]
            unset = all(given is not None and r.key not in given for given in labels)
            if unset and r.values.isdisjoint(self._namespace_labels.get(r.key, ())):
                return f"no namespace has the label {r.key}: {', '.join(sorted(r.values))}"
        return ""


def _fills_any(made: Resource) -> bool:
    """Whether an ApplicationSet installs charts that only the cluster's settings name."""
    spec = as_dict(made.get("spec", "template", "spec"))
    for _, source in maps([spec.get("source"), *as_list(spec.get("sources"))]):
        chart = "chart" in source or "helm" in source
        named = (source.get("path"), source.get("chart"), at(spec, "destination", "namespace"))
        if chart and any("{{" in text(one) for one in named):
            return True
    return False


def on_gke(seen: View) -> bool:
    """Whether the input says that its cluster is one of GKE, with DNS Pods of its own."""
    clusters = [as_dict(c.get("spec")) for c in seen.context.bundle.of_kind("ContainerCluster")]
    if any(at(c, "dnsConfig", "clusterDns") == "CLOUD_DNS" for c in clusters):
        return False
    selected = (as_dict(pod.spec.get("nodeSelector")) for pod in seen.world.pods)
    return bool(clusters) or any(
        str(key).startswith("cloud.google.com/gke-") for labels in selected for key in labels
    )


def together(one: Resource, other: Resource) -> bool:
    """Whether both are in the namespaces that they say; of one folder, where one says none."""
    return bool(one.namespace and other.namespace) or folder(one) == folder(other)


def _seen_by_policies(pod: Pod) -> tuple[object, ...]:
    labels, ports = frozenset(pod.labels.items()), frozenset(pod.ports.items())
    known = pod.complete, pod.ports_known
    return pod.namespace, labels, ports, known, pod.host_network, pod.role, pod.addresses


def view(context: Context) -> View:
    """The view of a context, shared by all rules of the family."""
    return context.once(View)


def display_name(resource: Resource) -> str:
    """A policy as messages call it."""
    return f"{resource.namespace or 'default'}/{resource.name}"


def fixed_ports(rule: PolicyRule) -> Ports:
    """The ports of a rule that are given by number."""
    if rule.ports is None:
        return p.ALL
    total = p.NONE
    for port in rule.ports:
        if not port.name:
            total = p.union(total, p.ports(port.protocol, port.low, port.high))
    return total
