"""What the API server rejects of the objects that the controller makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stackgen.manifest.document import Path
from stackgen.platforms.kserve.workloads import templates_of
from stackgen.schema.problem import Problem

POD: Path = ("spec", "template", "spec")
PLACEHOLDER = "placeholder"
# The kinds that hold what a user writes; names, rights and accounts are the controller's.
_OF_THE_USER = {"Deployment", "LeaderWorkerSet", "Service", "HTTPRoute", "InferencePool"}
Object = dict[str, Any]
Judge = Callable[[Object], list[Problem]]  # the problems of an object


def pod_problems(pod: Object, labels: Mapping[str, str], judge: Judge) -> list[Problem]:
    """Of a Pod in a Deployment; the API server rejects the same in any workload.

    Paths are those of the Deployment: POD, and a path into the Pod.
    """
    bears = {"app": PLACEHOLDER, **labels}
    template = {"metadata": {"labels": bears}, "spec": pod}
    data = {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": PLACEHOLDER, "namespace": PLACEHOLDER},
        "spec": {"selector": {"matchLabels": bears}, "template": template},
    }  # fmt: skip
    return [p for p in judge(data) if p.certain]


def problems_of(data: Object, judge: Judge) -> Iterator[tuple[Object | None, Problem]]:
    """Each problem of an object, with the Pod template that has it; None for the object itself."""
    if data["kind"] not in _OF_THE_USER:
        return
    templates = [template for _, template in templates_of(data)]
    for template in templates:
        labels = {k: str(v) for k, v in template["metadata"]["labels"].items()}
        for problem in pod_problems(template["spec"], labels, judge):
            yield template, problem
    if not templates:
        for problem in judge(data):
            if problem.certain:
                yield None, problem
