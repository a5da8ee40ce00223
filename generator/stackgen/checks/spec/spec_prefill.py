"""Prefill servers that lack what they need, or stand beside what excludes them."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import pools, servers
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path

_SENT = "Not rendered. Nothing would send prompts to the prefill servers."


def check(context: SpecContext) -> Violations:
    """One finding for each contradiction of a model with prefill servers."""
    yield from _hosts(context)
    yield from _ports(context)
    names = {text(model.get("name")): path for path, model in context.items("serving", "models")}
    for path, model in context.items("serving", "models"):
        asked, name = model.get("prefill"), str(model.get("name", "a model"))
        if not isinstance(asked, dict):
            continue
        here = (*path, "prefill")
        if asked.get("replicas") is None and not isinstance(asked.get("autoscaling"), dict):
            yield violation(
                f"{name} has prefill without replicas or autoscaling",
                context.place(*here, key=True),
                impact="Not rendered. The number of prefill servers is not known.",
                remedy="Set `prefill.replicas: 1`. With `traffic`, `stackgen plan` shows how many.",
            )
        yield from _excluded(context, here, name, model)
        if model.get("replicas") == 0 and (asked.get("replicas") or asked.get("autoscaling")):
            yield violation(
                f"{name} has prefill and replicas: 0; without decode servers, requests fail",
                context.place(*path, "replicas"),
                context.place(*here, key=True, note="the prefill servers"),
                impact="Not rendered. The prefill servers would use accelerators for nothing.",
                remedy="Set `replicas: 1` or more, or remove `prefill`.",
            )
        mine = str(as_dict(model.get("names")).get("prefill", f"{name}-prefill"))
        other = names.get(mine)
        if other is not None:
            yield violation(
                f"{name} has prefill servers, whose Deployment is {mine}, and another "
                "model has this name",
                context.place(*other, "name"),
                context.place(*here, key=True, note="the prefill servers"),
                impact="Not rendered. Two objects would have one name.",
                remedy="Set another `name` on one of the models.",
            )


def _ports(context: SpecContext) -> Violations:
    """The port of the stack, where decode servers listen on it behind the routing sidecar."""
    row = context.catalog.release(str(context.spec.get("release")))
    behind = as_dict(row.data.get("prefill")).get("server_port") if row is not None else None
    split = [path for path, model in context.items("serving", "models") if model.get("prefill")]
    if split and behind is not None and as_dict(context.spec.get("serving")).get("port") == behind:
        yield violation(
            f"spec.serving.port is {behind}, on which decode servers listen behind their sidecar",
            context.place("spec", "serving", "port"),
            context.place(*split[0], "prefill", key=True, note="the prefill servers"),
            impact="Not rendered. Two containers of a Pod would listen on one port.",
            remedy="Set another `spec.serving.port`, such as 8000.",
        )


def _hosts(context: SpecContext) -> Violations:
    """Servers of several hosts, which the transfer of the KV cache does not have."""
    known = pools(context)
    split = {path for path, model in context.items("serving", "models") if model.get("prefill")}
    for path, model in servers(context):
        pool = known.get(str(model.get("nodePool")), {})
        named = [pool.get(key) for key in ("accelerator", "topology", "machineType")]
        if not split & {path, path[:-1]} or not all(isinstance(one, str) for one in named[:2]):
            continue
        shape = context.catalog.topology(str(named[0]), str(named[1]), named[2])
        row = context.catalog.row("transfer", "tpu")
        if shape is not None and row is not None and shape.data["hosts"] > row.data["hosts"]:
            hosts, place = shape.data["hosts"], context.place(*path, "nodePool")
            yield violation(
                f"{model.get('name')} has servers of {hosts} hosts ({named[0]} {named[1]}); "
                f"{row.data['connector']} moves the KV cache between servers of one host in all "
                "published guides and tests",
                place,
                impact="Not rendered. Each host would pull from the host of the same number, over "
                "Ray, which no release was tried with.",
                remedy="Use node pools whose slices have one host, such as "
                f"{_one_host(context, str(named[0]))}.",
            )


def _one_host(context: SpecContext, generation: str) -> str:
    rows = [r for r in context.catalog.topologies(generation) if r.data["hosts"] == 1]
    return f"`topology: {rows[-1].data['topology']}`" if rows else "those of another accelerator"


def _excluded(context: SpecContext, here: Path, name: str, model: dict[str, Any]) -> Violations:
    """Other fields of the model that exclude prefill servers."""
    path = here[:-1]
    if model.get("scheduler") is False:
        yield violation(
            f"{name} has prefill and scheduler: false; only an endpoint picker selects a "
            "prefill server for a request",
            context.place(*path, "scheduler"),
            context.place(*here, key=True, note="the prefill servers"),
            impact=_SENT,
            remedy="Remove `scheduler: false` or `prefill`.",
        )
    if isinstance(model.get("kvOffload"), dict):
        yield violation(
            f"{name} has prefill and kvOffload; each needs its own connector. No published "
            "run combines them with this router, by vLLM's MultiConnector",
            context.place(*path, "kvOffload", key=True),
            context.place(*here, key=True, note="the prefill servers"),
            impact="Not rendered. The servers would have --kv-transfer-config twice, and use the "
            "last one alone.",
            remedy="Remove `kvOffload` or `prefill`.",
        )
