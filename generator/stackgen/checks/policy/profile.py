"""What policies know beside the objects: the release, the controller's presets, the cluster.

All of it is `data.stackgen`: `release` (the name of a catalog row), `servesTLS` (what that row
says of TLS), `presets` (what the controller puts below the container `main` of a service) and
`profile` (facts about the cluster: from the plan when a stack is built, from `.stackgen.yaml` and
from `--data`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.checks.context import Context
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
    objects = list(context.bundle.objects)
    hosts: dict[str, set[str]] = {}
    for r in objects:
        if (r.group, r.kind) == ("networking.istio.io", "DestinationRule"):
            hosts.setdefault(text(r.get("spec", "host")), set()).add(r.namespace)
    if not hosts:
        return
    for prediction in predictions().values():
        services = [r for r in objects if (r.group, r.kind) in prediction.services]
        if services:
            row = meant(prediction, catalog, context.release, context.bundle.objects)
            predict = prediction.objects(context.bundle, row)
            objects += [Resource(made, "") for one in services for made in predict(one).objects]
    pickers: set[tuple[str, str]] = set()
    named: dict[tuple[str, str], Resource] = {}
    templates: dict[str, list[dict[str, Any]]] = {}
    for r in objects:
        if r.kind == "InferencePool":
            ref = r.get("spec", "endpointPickerRef") or r.get("spec", "extensionRef")
            pickers.add((r.namespace, text(as_dict(ref).get("name"))))
        elif r.kind == "Service":
            named[r.namespace, r.name] = r
        templates.setdefault(r.namespace, []).extend(t.data for t in pod_templates(r))

    def signs(namespace: str, name: str) -> bool:
        service = named.get((namespace, name)) if (namespace, name) in pickers else None
        labels = as_dict(service.get("spec", "selector")) if service is not None else {}
        pods = [
            data
            for data in templates.get(namespace, ())
            if labels and labels.items() <= as_dict(at(data, "metadata", "labels")).items()
        ]
        return bool(pods) and not any(
            text(w).startswith(_GIVEN) for data in pods for w in _words(data)
        )

    for host, owners in sorted(hosts.items()):
        name, _, rest = host.partition(".")
        space = rest.removesuffix(".cluster.local").removesuffix(".svc")
        # A short name is one of the namespace of its rule. A base sets no namespace.
        if all(signs(space or owner, name) or signs("", name) for owner in owners):
            yield host


def _words(template: dict[str, Any]) -> Iterator[Any]:
    """What the containers of a Pod are started with."""
    for _, container in maps(at(template, "spec", "containers")):
        for field in ("command", "args"):
            words = container.get(field)
            yield from words if isinstance(words, list) else ()


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
