"""What policies know beside the objects: the release, the controller's presets, the cluster.

All of it is `data.stackgen`: `release` (the name of a catalog row), `servesTLS` (what that row
says of TLS), `presets` (what the controller puts below the container `main` of a service) and
`profile` (facts about the cluster: from the plan when a stack is built, from `.stackgen.yaml` and
from `--data`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.checks.context import Context
from stackgen.facts.containers import words
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.manifest.resource import Resource
from stackgen.plan.model import Plan
from stackgen.platforms.registry import meant, predictions, rendering_of

# Of llm-d's endpoint picker: a certificate that it is given, or no TLS.
_GIVEN = ("--cert-path", "-cert-path", "--secure-serving=false", "-secure-serving=false")


def facts(context: Context) -> dict[str, Any]:
    """`data.*` of the shipped policies."""
    found: dict[str, Any] = {"release": context.release, "profile": dict(context.profile)}
    catalog, objects = context.catalog.copy(), context.bundle.objects
    for prediction in predictions().values():
        if {r.group for r in objects} & {group for group, _ in prediction.services}:
            found |= prediction.policy_data(meant(prediction, catalog, context.release, objects))
    if not context.release:
        found.pop("servesTLS", None)
    told = found["profile"].get("unverifiedHosts", [])
    signed = list(_self_signed(context, catalog)) if isinstance(told, list) else []
    if signed:
        found["profile"]["unverifiedHosts"] = [*told, *(x for x in signed if x not in told)]
    return {"stackgen": found}


def _self_signed(context: Context, catalog: Catalog) -> Iterator[str]:
    """Hosts of the input's endpoint pickers that sign their own certificates.

    A picker does so without `--cert-path`, and nothing can verify such a certificate. One whose
    Pods are not seen is not among them.
    """
    # The places of each host's Service, for each namespace of its rules. A short name is one of the
    # namespace of its rule. A base sets no namespace.
    hosts: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {}
    for r in context.bundle.objects:
        if (r.group, r.kind) == ("networking.istio.io", "DestinationRule"):
            host = text(r.get("spec", "host"))
            name, _, rest = host.partition(".")
            space = rest.removesuffix(".cluster.local").removesuffix(".svc") or r.namespace
            hosts.setdefault(host, {})[r.namespace] = ((space, name), ("", name))
    # The pools of a service are known from what other checks ask for as well. Only if one of them
    # refers to a host, the other objects of the services in its namespace are worked out.
    possible = set(_pickers(context.bundle.objects))
    rows = []
    for prediction in predictions().values() if hosts else ():
        those = [r for r in context.bundle.objects if (r.group, r.kind) in prediction.services]
        if those:
            row = meant(prediction, catalog, context.release, context.bundle.objects)
            rows.append((prediction, row, those))
            made = (data for r in those for data in prediction.pools(context.bundle, row, r))
            possible |= set(_pickers(Resource(data, "") for data in made))
    places = {place for owners in hosts.values() for pair in owners.values() for place in pair}
    asked = {namespace for namespace, _ in places & possible}
    if not asked:
        return
    objects = [r for r in context.bundle.objects if r.namespace in asked]
    for prediction, row, those in rows:
        predict = prediction.objects(context.bundle, row)
        beside = (one for one in those if one.namespace in asked)
        objects += [Resource(made, "") for one in beside for made in predict(one).objects]
    pickers = set(_pickers(objects))
    named: dict[tuple[str, str], Resource] = {}
    templates: dict[str, list[dict[str, Any]]] = {}
    for r in objects:
        if r.kind == "Service":
            named[r.namespace, r.name] = r
        templates.setdefault(r.namespace, []).extend(t.data for t in pod_templates(r))

    def signs(place: tuple[str, str]) -> bool:
        service = named.get(place) if place in pickers else None
        labels = as_dict(service.get("spec", "selector")) if service is not None else {}
        pods = [
            data
            for data in templates.get(place[0], ())
            if labels and labels.items() <= as_dict(at(data, "metadata", "labels")).items()
        ]
        return bool(pods) and not any(w.startswith(_GIVEN) for data in pods for w in _words(data))

    for host, owners in sorted(hosts.items()):
        if all(any(map(signs, pair)) for pair in owners.values()):
            yield host


def _pickers(objects: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    """Namespace and name of the Services to which InferencePools refer."""
    for r in objects:
        if r.kind == "InferencePool":
            ref = r.get("spec", "endpointPickerRef") or r.get("spec", "extensionRef")
            yield r.namespace, text(as_dict(ref).get("name"))


def _words(template: dict[str, Any]) -> Iterator[str]:
    """What the containers of a Pod are started with."""
    for _, container in maps(at(template, "spec", "containers")):
        yield from (word for _, word in words(container))


def of_plan(plan: Plan, catalog: Catalog) -> dict[str, Any]:
    """The profile that follows from a stack."""
    said = plan.stack.spec.policies
    found: dict[str, Any] = {}
    if said.stage.value is not None:
        found["stage"] = said.stage.value
    if said.allowedRegistries:
        found["allowedRegistries"] = [one.value for one in said.allowedRegistries]
    if not plan.stack.spec.network.defaultDeny.value:
        found["defaultDeny"] = False
    if plan.release.value("picker", "failure_mode").value == "FailOpen":
        # The release decides so for the pools of the stack.
        found["schedulerFailOpen"] = True
    unverified = [host.value for host in rendering_of(plan).unverified(plan)]
    if unverified:
        found["unverifiedHosts"] = unverified
    found["gatedModels"] = list(_gated(plan, catalog.copy()))
    found["nodePools"] = [
        {
            "accelerator": pool.slice.accelerator_label.value,
            "topology": pool.slice.topology.value,
            "maxNodes": pool.spec.nodes.max.value,
        }
        for pool in plan.pools
        if pool.slice is not None
    ]
    return found


def _gated(plan: Plan, catalog: Catalog) -> Iterator[str]:
    """The ids of the stack's models whose download needs a token."""
    for model in plan.models:
        model_id = model.spec.model.value.removeprefix("hf://").partition(":")[0]
        row = catalog.model(model_id)
        if row is not None and row.data.get("gated"):
            yield model_id
