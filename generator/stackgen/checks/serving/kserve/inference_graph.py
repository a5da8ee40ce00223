"""The steps of an InferenceGraph without a target, or with weights of another sum."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.kserve.isvc_runtime import GROUP
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.spelling import did_you_mean

_ROOT = "root"
_TARGETS = ("serviceName", "nodeName", "serviceUrl")


def check(context: Context) -> Violations:
    """One finding for each mistake in the nodes of a graph."""
    for graph in context.bundle.of_kind("InferenceGraph", GROUP):
        nodes = as_dict(graph.get("spec", "nodes"))
        if nodes and _ROOT not in nodes:
            yield violation(
                f"no node has the name {_ROOT}, at which a request enters; the nodes are "
                f"{', '.join(visible(str(name)) for name in nodes)}",
                Place(graph, ("spec", "nodes")),
            )
        for name, node in nodes.items():
            path = ("spec", "nodes", str(name), "steps")
            steps = list(maps(as_dict(node).get("steps")))
            yield from _targets(graph, path, steps, nodes)
            if as_dict(node).get("routerType") == "Splitter":
                yield from _weights(graph, path, [step.get("weight") for _, step in steps])


def _targets(
    graph: Resource, path: Path, steps: list[tuple[int, dict[str, Any]]], nodes: dict[str, Any]
) -> Violations:
    called = set[str]()
    for i, step in steps:
        given = [target for target in _TARGETS if step.get(target)]
        if len(given) != 1:
            said = f"has {' and '.join(given)}" if given else "has no target"
            yield violation(
                f"the step {said}; it needs one of {', '.join(_TARGETS)}", Place(graph, (*path, i))
            )
        node = text(step.get("nodeName"))
        if node and plain(node) and node not in nodes:
            yield violation(
                f"the graph has no node {visible(node)}{did_you_mean(node, map(str, nodes))}",
                Place(graph, (*path, i, "nodeName")),
            )
        name = text(step.get("name"))
        if name and name in called:
            yield violation(
                f"two steps of the node have the name {visible(name)}",
                Place(graph, (*path, i, "name")),
            )
        called.add(name)


def _weights(graph: Resource, path: Path, weights: list[Any]) -> Violations:
    if None in weights:
        yield violation(
            "a step of a Splitter has no weight",
            Place(graph, (*path, weights.index(None))),
        )
    elif weights and all(isinstance(one, int) for one in weights) and sum(weights) != 100:
        yield violation(f"the sum of the weights is {sum(weights)}, not 100", Place(graph, path))
