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
from stackgen.plan.model import Plan
from stackgen.platforms.registry import meant, predictions, rendering_of


def facts(context: Context) -> dict[str, Any]:
    """`data.*` of the shipped policies."""
    found: dict[str, Any] = {"release": context.release, "profile": dict(context.profile)}
    catalog, objects = context.catalog.copy(), context.bundle.objects
    for prediction in predictions().values():
        if {r.group for r in objects} & {group for group, _ in prediction.services}:
            found |= prediction.policy_data(meant(prediction, catalog, context.release, objects))
    if not context.release:
        found.pop("servesTLS", None)
    return {"stackgen": found}


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
