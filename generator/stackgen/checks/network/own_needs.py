"""What Pods need by themselves: downloads, credentials, the API server, their group, their mesh."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.checks.network.google_ranges import google_ranges
from stackgen.checks.network.needs import Need, Way, need
from stackgen.checks.network.routed_needs import API_SERVER, HTTPS
from stackgen.checks.network.unseen import hosts
from stackgen.checks.network.view import View
from stackgen.checks.serving.chain import ApiObject, Chain
from stackgen.facts.download_hosts import Download, downloads_of
from stackgen.facts.pod_templates import kind_of
from stackgen.facts.shape import as_dict, as_list, at, maps, matches, text
from stackgen.facts.workloads import TPU
from stackgen.manifest.resource import Resource
from stackgen.net import addresses as a
from stackgen.net import ports as p
from stackgen.net.model import External, Host, Pod
from stackgen.net.profile import data
from stackgen.net.world import internet
from stackgen.platforms.model import PARTS

HBONE = p.ports("TCP", 15008)
XDS = p.ports("TCP", 15012)
WORKLOAD_IDENTITY = "iam.gke.io/gcp-service-account"
_INJECT, _INJECTION, _REVISION = "sidecar.istio.io/inject", "istio-injection", "istio.io/rev"
_AMBIENT = "istio.io/dataplane-mode"
_OTHER_ADDRESS = "on Dataplane V2, where its address is another"
_VERBS = frozenset({"get", "list", "watch", "create", "update", "patch", "delete", "*"})


def own_needs(seen: View, links: Chain, pickers: frozenset[int]) -> Iterator[Need]:
    """The needs, each of one Pod."""
    for one in _needs(seen, links, pickers):
        yield dataclasses.replace(one, own=True)


def _needs(seen: View, links: Chain, pickers: frozenset[int]) -> Iterator[Need]:
    """Every need of a Pod that no other object is the reason of.

    pickers: identities of the Pods whose need of the API server a pool is the reason of.
    """
    accounts = _accounts(seen)
    bound = frozenset(_bound(links))
    for pod in seen.world.pods:
        download = downloads_of(pod.spec)
        yield from _downloads(pod, download)
        account = (_space(pod), text(pod.spec.get("serviceAccountName")))
        # An initializer of KServe reads a public bucket without credentials.
        if (download.google and pod.role not in PARTS) or account in accounts:
            # A server that does not read from Google may not use the account of its Pod.
            used = download.google or not pod.role.startswith("model")
            yield Need(pod, "egress", _metadata_ways(), "the GKE metadata server", certain=used)
        if (
            id(pod) not in pickers
            and account in bound
            and pod.role not in PARTS  # their servers ask nothing of it
            and pod.spec.get("automountServiceAccountToken") is not False
        ):
            what = f"the API server, where its account {account[1]} has a role"
            plane = google_ranges(seen.context).control_plane
            yield need(pod, "egress", (plane,), API_SERVER, what, certain=False)
        yield from _mesh(seen, pod)
    yield from _groups(seen.world.pods)


def _space(pod: Pod) -> str:
    return pod.resource.namespace if pod.resource is not None else ""


def _accounts(seen: View) -> frozenset[tuple[str, str]]:
    """The ServiceAccounts that act as an account of Google Cloud."""
    return frozenset(
        (r.namespace, r.name)
        for r in seen.context.bundle.of_kind("ServiceAccount", "")
        if WORKLOAD_IDENTITY in as_dict(r.metadata.get("annotations"))
    )


def _bound(links: Chain) -> Iterator[tuple[str, str]]:
    """The ServiceAccounts to which a role of the input gives something to ask of the API server."""
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in links.of(kind):
            ref = as_dict(binding.data.get("roleRef"))
            space = binding.namespace if ref.get("kind") == "Role" else ""
            role = links.find(text(ref.get("kind")), space, text(ref.get("name")))
            if role is None or not _asks(role):
                continue
            for _, subject in maps(binding.data.get("subjects")):
                if subject.get("kind") == "ServiceAccount" and text(subject.get("name")):
                    yield text(subject.get("namespace")) or binding.namespace, subject["name"]


def _asks(role: ApiObject) -> bool:
    """Whether a role is about requests, and not only about the use of a policy."""
    verbs = {str(v) for _, rule in maps(role.data.get("rules")) for v in as_list(rule.get("verbs"))}
    return bool(verbs & _VERBS)


def _downloads(pod: Pod, download: Download) -> Iterator[Need]:
    what = f"the source of its model {download.model}"
    if download.model.startswith("s3://"):
        # The endpoint depends on the region, and on settings that are not read here.
        yield need(pod, "egress", (_internet(), *hosts("object-store")), HTTPS, what)
    elif download.google:
        what = what if download.model else "Cloud Storage"
        yield need(pod, "egress", (_internet(), *hosts("google-storage")), HTTPS, what)
    elif download.model:
        hub, *others = hosts("hugging-face")
        yield need(pod, "egress", (hub,), HTTPS, what)
        files = "the servers of Hugging Face that have the files"
        yield need(pod, "egress", tuple(others), HTTPS, files)
    for other in download.others:
        yield need(pod, "egress", (_internet(), _host(other)), HTTPS, other, certain=False)


@cache
def _internet() -> External:
    return External("internet", internet())


@cache
def _host(name: str) -> Host:
    return Host(name, internet() & a.EVERYWHERE_V4)


@cache
def _metadata_ways() -> tuple[Way, Way]:
    """It has one address on Dataplane V2 and on other data planes another."""
    here, other = (
        External("metadata server", a.networks([row["cidr"]]))
        for row in data("platform")["metadata-servers"]
    )
    ports = p.union(p.ports("TCP", 80), p.ports("TCP", 8080))
    return Way((here,), ports), Way((other,), p.ports("TCP", 987, 988), _OTHER_ADDRESS)


def _groups(pods: Iterable[Pod]) -> Iterator[Need]:
    """The Pods of a group to each other: leaders and workers, hosts of one slice."""
    found: dict[tuple[str, str, str], list[Pod]] = {}
    for pod in pods:
        if pod.resource is not None and _grouped(pod):
            stem = pod.name.removesuffix("-leader").removesuffix("-worker").removesuffix("-head")
            found.setdefault((pod.namespace, pod.resource.name, stem), []).append(pod)
    what = "the other Pods of its group"
    for members in found.values():
        for pod in members if len(members) > 1 or _several(members[0]) else ():
            # Several Pods of one template are several Pods.
            others = tuple(x for x in members if x is not pod or len(members) == 1)
            yield need(pod, "egress", others, p.ALL, what)
            yield need(pod, "ingress", others, p.ALL, what)


def _grouped(pod: Pod) -> bool:
    """Whether a Pod belongs to a group whose Pods talk to each other."""
    resource = pod.resource
    if resource is None:
        return False
    if pod.kind == "LeaderWorkerSet":
        return True
    kind = kind_of(resource)
    indexed = kind and kind.mode and resource.get(*kind.mode) == "Indexed" and _joined(resource)
    return kind is not None and bool(kind.grouped == "always" or indexed)


def _joined(job: Resource) -> bool:
    """Whether Pods of an indexed Job find each other, by a subdomain or as hosts of one slice.

    Other indexed Jobs give each Pod its own part of the work.
    """
    spec = ("spec", "template", "spec")
    limits = matches(job.data, (*spec, "containers", "*", "resources", "limits"))
    return bool(job.get(*spec, "subdomain")) or any(TPU in as_dict(one) for _, one in limits)


def _several(pod: Pod) -> bool:
    """Whether the only template of a group makes several of its Pods."""
    kind = kind_of(pod.resource) if pod.resource is not None else None
    if pod.resource is None or kind is None or not kind.group_size:
        return False
    sizes = [size for _, size in matches(pod.resource.data, kind.group_size)]
    return any(isinstance(size, int) and size > 1 for size in sizes)


def _mesh(seen: View, pod: Pod) -> Iterator[Need]:
    """A sidecar to istiod; tunnels of the ambient mesh to the Pod."""
    space = seen.world.namespaces.get(pod.namespace)
    labels: Mapping[str, Any] = space.given if space is not None else {}
    own = pod.labels.get(_INJECT) or _annotation(pod, _INJECT)
    wanted = labels.get(_INJECTION) == "enabled" or bool(labels.get(_REVISION))
    if pod.role == "gateway" or pod.namespace == "istio-system":
        return
    if own == "true" or (wanted and own != "false" and labels.get(_INJECTION) != "disabled"):
        # What a controller makes may opt out in an annotation that is not known here.
        sure = not pod.role
        yield need(pod, "egress", (), XDS, "istiod, for its sidecar", certain=sure)
    elif pod.labels.get(_AMBIENT, labels.get(_AMBIENT)) == "ambient":
        yield need(pod, "ingress", (), HBONE, "the ambient mesh", certain=False)


def _annotation(pod: Pod, name: str) -> Any:
    data = pod.resource.data if pod.resource is not None else {}
    if pod.role in PARTS:
        own = as_dict(at(data, "spec", pod.role, "annotations"))
        return own.get(name, as_dict(at(data, "metadata", "annotations")).get(name))
    return as_dict(at(data, "spec", "template", "metadata", "annotations")).get(name)
