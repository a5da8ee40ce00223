"""What manifests say that a spec says as well: cluster, node pools, gateway, models, delivery."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from stackgen.adopt.caches import caches, claims
from stackgen.adopt.choices import installs, observe, secrets, sidecars
from stackgen.adopt.cluster import cluster_of, pool_of, pools_of, where_there_is, without_queues
from stackgen.adopt.delivery import delivery, rendered
from stackgen.adopt.engine_features import aliases, engine_features
from stackgen.adopt.existing import existing, of_kserve, request_seconds, space_of_pools
from stackgen.adopt.gateway import by_google, gateway
from stackgen.adopt.model import model_uri
from stackgen.adopt.network import network
from stackgen.adopt.prefill import attach, halves, key_of, without
from stackgen.adopt.scaling import autoscaling, objectives
from stackgen.catalog.load import Catalog
from stackgen.catalog.refusals import refusals
from stackgen.catalog.rows import Row
from stackgen.facts.pools import pools
from stackgen.facts.shape import as_dict, as_list
from stackgen.facts.templates import workloads
from stackgen.facts.workloads import (
    GPU,
    Container,
    Workload,
)
from stackgen.manifest.resource import Bundle
from stackgen.platforms.registry import is_config, predictions, service_workloads, told
from stackgen.record import record
from stackgen.render.endpoint_picker import POOLS
from stackgen.spec.fields import DNS_1035

PART_OF = "app.kubernetes.io/part-of"
_PORT = 8000  # of vLLM without the flag
_RAY = "ray.io"  # Ray starts the servers in its Pods, and a stack has none


@record
class Adopted:
    """The spec as far as the manifests say it.

    env: the environment whose folder the delivery reads; empty when there is none. assumed: fields
    that the manifests do not say.
    """

    spec: dict[str, Any]
    env: str
    assumed: tuple[str, ...]


def read(bundle: Bundle, release: str, catalog: Catalog) -> Adopted:
    """The spec of the objects in `bundle`, for the release row `release`."""
    found = list(pools(bundle, catalog))
    prefill = halves(bundle, release, catalog)
    served = without(in_one_namespace(list(servers(bundle, release, catalog))), prefill)
    split = [prefill[key] for key in (key_of(w) for w, _ in served) if key in prefill]
    adopted = {key_of(w) for w, _ in (*served, *prefill.values())}
    assumed = [
        f"{w.display_name}: stays as it is; {_why_apart(w, c, served)}"
        for w, c in _every_server(bundle, release, catalog)
        if key_of(w) not in adopted
    ]
    assumed += [
        f"{one.kind} {one.name}: stays as it is; Ray starts its servers"
        for one in bundle.objects
        if one.group == _RAY
    ]
    spec: dict[str, Any] = {"release": release, "cluster": cluster_of(bundle, found, assumed)}
    spec["cluster"]["nodePools"] = pools_of(bundle, found, [*served, *split], catalog, assumed)
    names = [workload.resource.name for workload, _ in served]
    spec["gateway"] = gateway(bundle, spec["cluster"]["project"], names, assumed)
    # The controller of a service sets the times of its route.
    own = not any(workload.service for workload, _ in served)
    if own and (seconds := request_seconds(bundle)):
        spec["gateway"].setdefault("limits", {})["requestSeconds"] = seconds
    if policy := _security_policy(bundle, str(spec["gateway"].get("class"))):
        spec["gateway"].setdefault("limits", {})["securityPolicy"] = policy
    known = spec["cluster"]["nodePools"]
    spec["serving"] = _serving(bundle, served, known, catalog.release(release), catalog, assumed)
    if port := _port([one for one in served if key_of(one[0]) not in prefill]):
        spec["serving"]["port"] = port
    attach(bundle, spec["serving"]["models"], served, prefill, lambda w: pool_of(w, known, catalog))
    without_queues(spec["serving"]["models"], known)
    space = str(spec["serving"].get("namespace", ""))
    # What the manifests do not hold already exists, or is made by others.
    if not installs(bundle):
        spec["platform"] = {"all": "existing"}
    if found_secrets := secrets(bundle):
        spec["secrets"] = found_secrets
    if sidecars(bundle, space):
        spec["mesh"] = {"sidecars": True}
    if found_network := network(bundle):
        spec["network"] = found_network
    _apart(spec, bundle, assumed)
    where_there_is(spec["cluster"], catalog, assumed)
    spec["observe"] = observe(bundle, space, served)
    spec["delivery"] = delivery(bundle, assumed)
    folder, env = rendered(bundle)
    spec["delivery"] |= {"path": folder} if env and folder != "out" else {}
    return Adopted(spec, env, tuple(assumed))


def _security_policy(bundle: Bundle, gateway: str) -> str:
    """The policy of Cloud Armor that all backends have, behind a gateway class of GKE; or empty."""
    found = {
        str(one.get("spec", "default", "securityPolicy"))
        for one in bundle.of_kind("GCPBackendPolicy", "networking.gke.io")
    }
    only = found.pop() if len(found) == 1 and gateway.startswith("gke-") else ""
    return only if only != "None" and re.fullmatch(DNS_1035, only) else ""


def _apart(spec: dict[str, Any], bundle: Bundle, assumed: list[str]) -> None:
    """The Gateway of a stack is in a namespace of its own; another one stays as it is."""
    space = spec["serving"].get("namespace")
    if space is not None and spec["gateway"].get("name") and "namespace" not in spec["gateway"]:
        spec["gateway"]["namespace"] = f"{space}-gateway"
        assumed.append(f"spec.gateway.namespace: {space}-gateway, the Gateway names none")
    shared = space is not None and spec["gateway"].get("namespace") == space
    settings = any(
        one.get("spec", "infrastructure", "parametersRef") is not None
        for one in bundle.of_kind("Gateway", "gateway.networking.k8s.io")
    )
    if shared and (settings or spec.get("network") != {"defaultDeny": False}):
        spec["gateway"]["namespace"] = f"{space}-gateway"
        assumed.append("spec.gateway.namespace: models and Gateway have a namespace each")


def name_of(bundle: Bundle) -> str:
    """The name of the stack: what most objects say that they are part of; empty for none."""
    names = Counter(
        name
        for r in bundle.objects
        if isinstance(name := as_dict(r.metadata.get("labels")).get(PART_OF), str)
    )
    return names.most_common(1)[0][0] if names else ""


def servers(bundle: Bundle, release: str, catalog: Catalog) -> Iterator[tuple[Workload, Container]]:
    """The workloads that serve a model; of several parts of one object the first.

    Those that a stack cannot render are left out where there are others.
    """
    found = list(_every_server(bundle, release, catalog))
    split = halves(bundle, release, catalog)
    # Decode servers listen behind a sidecar, on a port of their own.
    both = {*split, *(key_of(workload) for workload, _ in split.values())}
    port = _port([one for one in found if key_of(one[0]) not in both])
    fits = [one for one in found if key_of(one[0]) in both or _fits(*one, port)]
    # The spec has no group on several GPU nodes, and a Deployment does not hold such a model.
    yield from fits or (one for one in found if not _spread(*one))


def _every_server(
    bundle: Bundle, release: str, catalog: Catalog
) -> Iterator[tuple[Workload, Container]]:
    seen: set[tuple[str, str, str]] = set()
    for workload in workloads(bundle, service_workloads(catalog, release, Bundle(()))):
        key = (workload.resource.kind, workload.resource.namespace, workload.resource.name)
        container = None if workload.resource.group == _RAY else workload.server
        if container is not None and key not in seen and not is_config(workload.resource):
            seen.add(key)
            yield workload, container


def _fits(workload: Workload, container: Container, port: int | None) -> bool:
    """Whether a server is on one GPU node, or on TPUs, and on the port of the stack."""
    if workload.service is not None:
        return True
    listens = container.line.number("port") or _PORT
    return listens == (port or _PORT) and not _spread(workload, container)


def _spread(workload: Workload, container: Container) -> bool:
    """Whether a server is a group of Pods on several GPU nodes."""
    grouped = workload.service is None and (workload.size.value or 1) > 1
    return grouped and container.amount(GPU) is not None


def _why_apart(
    workload: Workload, container: Container, served: list[tuple[Workload, Container]]
) -> str:
    """Why a server is not a model of the stack that has the servers `served`."""
    space, mine = workload.resource.namespace, {w.resource.namespace for w, _ in served}
    if served and space not in mine:
        return f"its namespace is {space or 'not named'}, and models have one namespace"
    if _spread(workload, container):
        return "it has several GPU nodes"
    if any(w.resource.name == workload.resource.name for w, _ in served):
        return "another server has its name"
    return f"its port is {container.line.number('port') or _PORT}, and servers have one port"


def in_one_namespace(found: list[tuple[Workload, Container]]) -> list[tuple[Workload, Container]]:
    """The servers of the namespace that has most of them: a stack has one."""
    spaces = Counter(w.resource.namespace for w, _ in found)
    space = spaces.most_common(1)[0][0] if spaces else ""
    mine = [(w, c) for w, c in found if w.resource.namespace == space]
    return list({w.resource.name: (w, c) for w, c in reversed(mine)}.values())[::-1]


def _serving(
    bundle: Bundle, servers: list[tuple[Workload, Container]], known: list[dict[str, Any]],
    release: Row | None, catalog: Catalog, assumed: list[str],
) -> dict[str, Any]:  # fmt: skip
    """known: the node pools of the spec."""
    made: dict[str, Any] = {}
    if servers:
        made["namespace"] = servers[0][0].resource.namespace or space_of_pools(bundle)
    key = release and release.data[release.data["platform"]].get("hf_token_key")
    tokens = [_token(container, key) for _, container in servers]
    tokens += _secrets_of_accounts(bundle, key)
    secrets = [_pull_secret(workload) for workload, _ in servers]
    if any(tokens):
        made["huggingFaceToken"] = {"secret": next(t for t in tokens if t)}
    if any(secrets):
        made["imagePullSecret"] = next(s for s in secrets if s)
    every = [workload for workload, _ in servers]
    pools = by_google(bundle) and any(bundle.of_kind("InferencePool", POOLS))
    made["models"] = [
        _model(bundle, w, c, known, catalog, assumed)
        | (existing(bundle, w, every, pools=pools) if w.service is None else of_kserve(w.resource))
        for w, c in servers
    ]
    taken: set[str] = set()
    for model, (workload, _) in zip(made["models"], servers, strict=True):
        model.update(claims(bundle, workload, model.get("labels", {}), taken))
    return made


def _model(
    bundle: Bundle, workload: Workload, container: Container, known: list[dict[str, Any]],
    catalog: Catalog, assumed: list[str],
) -> dict[str, Any]:  # fmt: skip
    resource, line = workload.resource, container.line
    uri = model_uri(bundle, workload, container, assumed)
    served = resource.get("spec", "model", "name") or line.text("served-model-name")
    cached = caches(bundle, workload, container, uri, served)
    uri = cached.pop("model", uri)
    made: dict[str, Any] = {"name": resource.name, "model": uri, **cached}
    pool = made["nodePool"] = pool_of(workload, known, catalog)
    if workload.replicas.value not in (None, 1):
        made["replicas"] = workload.replicas.value
    if isinstance(served, str) and served != uri.removeprefix("hf://").partition(":")[0]:
        made["servedName"] = served
    length, together = line.number("max-model-len"), line.number("max-num-seqs")
    router = resource.get("spec", "router")
    if isinstance(router, dict) and "scheduler" not in router:
        made["scheduler"] = False
    if workload.service is not None and router is None:
        made |= {"scheduler": False, "service": {"type": "none"}}
    gpus = container.amount(GPU)
    if gpus and any(p["name"] == pool and p.get("gpus", gpus) > gpus for p in known):
        made["gpus"] = gpus
    if length:
        made["maxModelLen"] = length
    if together:
        made["concurrency"] = together
    if scaled := autoscaling(bundle, workload):
        made["autoscaling"] = scaled
    made |= {**objectives(bundle, resource.name), **engine_features(workload, container)}
    return made | aliases(bundle, resource, made)


def _port(servers: list[tuple[Workload, Container]]) -> int | None:
    """The port that most servers name; None for the usual one, and where a platform decides."""
    named = Counter(c.line.number("port") or _PORT for w, c in servers if w.service is None)
    port = named.most_common(1)[0][0] if named else _PORT
    return port if port != _PORT and 1 <= port <= 65535 else None


def _token(container: Container, key: Any) -> str | None:
    """The Secret whose `key` is the token: servers of a stack read no other key of it."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        path = container.env.get(name)
        told = as_dict(container.resource.get(*path, "valueFrom", "secretKeyRef")) if path else {}
        if isinstance(secret := told.get("name"), str) and told.get("key") == key:
            return secret
    return None


def _secrets_of_accounts(bundle: Bundle, key: Any) -> Iterator[str]:
    """The Secrets that ServiceAccounts list: KServe downloads models with them.

    Those that are seen to have no `key` hold something else.
    """
    others = {
        one.name
        for one in bundle.of_kind("Secret", "")
        if key not in {**as_dict(one.get("data")), **as_dict(one.get("stringData"))}
    }
    for account in bundle.of_kind("ServiceAccount", ""):
        for item in map(as_dict, as_list(account.get("secrets"))):
            if isinstance(name := item.get("name"), str) and name not in others:
                yield name


def _pull_secret(workload: Workload) -> str | None:
    given = as_list(workload.spec.get("imagePullSecrets"))
    names = [as_dict(item).get("name") for item in given]
    return next((name for name in names if isinstance(name, str)), None)


def release_of(bundle: Bundle, catalog: Catalog) -> str:
    """A row that stacks are rendered for: what the objects tell, or the newest that fits.

    A row that refuses what the objects have gives way to one of its platform that has it.
    """
    rows = [r for r in catalog.rows("release") if not r.data.get("lint_only")]
    first = _told_by(bundle, rows)
    mine = [r for r in reversed(rows) if r.data["platform"] == first.data["platform"]]
    every = (first, *mine)
    fits = (r for r in every if not any(refusals(r, read(bundle, r.key, catalog).spec)))
    return next(fits, first).key


def _told_by(bundle: Bundle, rows: list[Row]) -> Row:
    services = {(r.group, r.kind): r.data.get("apiVersion") for r in bundle.objects}
    for name, prediction in predictions().items():
        versions = {services[key] for key in services.keys() & set(prediction.services)}
        if versions:
            mine = [r for r in rows if r.data["platform"] == name]
            return max(
                mine, key=lambda r: (_api(r) in versions, told(prediction, r, bundle.objects))
            )
    return next(r for r in reversed(rows) if r.data["platform"] not in predictions())


def _api(row: Row) -> Any:
    """The API version of the services that are rendered for a row."""
    sections = (value for value in row.data.values() if isinstance(value, dict))
    return next((s["api_version"] for s in sections if "api_version" in s), None)
