"""A GPU that no node of GKE has by this name."""

from __future__ import annotations

from functools import cache

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import GPU_ACCELERATOR
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.shipped import shipped
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

# What the names begin with, and what a name says of the GPU.
_MODEL = regex(r"\A(?:nvidia-)?(?:tesla-)?([a-z]+\d+)")


def check(context: Context) -> Violations:
    """One finding for each value that means a GPU which has another name."""
    seen = view(context)
    known = {str(row.data["label"]) for row in seen.catalog.rows("accelerator")} | {*_labels()}
    meant: dict[str, list[str]] = {}
    for name in sorted(known):
        found = _MODEL.match(name)
        if found:
            meant.setdefault(found[1], []).append(name)
    for workload in seen.workloads:
        label = workload.labels.get(GPU_ACCELERATOR)
        for value in label.values if label is not None else ():
            if label is not None and value.lower().removeprefix("nvidia-") in _absent():
                yield violation(
                    f"no node of GKE has the GPU {value}: Google Cloud has no machines with it",
                    Place(workload.resource, label.path),
                )
                continue
            found = _MODEL.match(value.lower())
            names = meant.get(found[1]) if found and value not in known else None
            if label is not None and names:
                hint = did_you_mean(value, names) or f"; the names are {', '.join(names)}"
                yield violation(
                    f"no node of GKE has the GPU {value}{hint}",
                    Place(workload.resource, label.path),
                )


@cache
def _labels() -> tuple[str, ...]:
    return tuple(shipped(__file__, "gpu_labels.yaml")["labels"])


@cache
def _absent() -> frozenset[str]:
    return frozenset(shipped(__file__, "gpu_labels.yaml")["absent"])
