"""A TPU variable that no program reads as it stands."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import TPU
from stackgen.findings.model import Place, Violations, violation

KNOWN = (
    "TPU_TOPOLOGY", "TPU_CHIPS_PER_HOST_BOUNDS", "TPU_HOST_BOUNDS", "TPU_ACCELERATOR_TYPE",
    "TPU_TOPOLOGY_WRAP", "TPU_TOPOLOGY_ALT", "TPU_SKIP_MDS_QUERY", "TPU_WORKER_ID",
    "TPU_WORKER_HOSTNAMES", "TPU_RUNTIME_METRICS_PORTS", "TPU_NAME", "TPU_PROCESS_ADDRESSES",
    "TPU_PROCESS_PORT", "TPU_PROCESS_BOUNDS", "TPU_CHIPS_PER_PROCESS_BOUNDS",
    "TPU_VISIBLE_CHIPS", "TPU_VISIBLE_DEVICES", "TPU_MULTIHOST_BACKEND", "TPU_MULTIPROCESS_DP",
    "TPU_NUM_DEVICES", "TPU_LIBRARY_PATH", "TPU_MIN_LOG_LEVEL", "TPU_STDERR_LOG_LEVEL",
)  # fmt: skip


def check(context: Context) -> Violations:
    """One finding for each misspelled variable, and for a wrong TPU_NUM_DEVICES."""
    for workload in view(context).tpu:
        for container in workload.tpu_containers:
            for name, path in container.env.items():
                meant = _meant(name)
                if meant:
                    yield violation(
                        f'no component reads {name}; did you mean "{meant}"?',
                        Place(container.resource, (*path, "name")),
                    )
            devices, chips = container.variable("TPU_NUM_DEVICES"), container.amount(TPU)
            if devices is not None and chips is not None and devices != str(chips):
                yield violation(
                    f"TPU_NUM_DEVICES is {devices}, the container has {chips} chips; no component "
                    "reads the variable",
                    Place(container.resource, (*container.env["TPU_NUM_DEVICES"], "value")),
                )


def _meant(name: str) -> str | None:
    if not name.startswith("TPU_") or name in KNOWN:
        return None
    import difflib  # only where a name is unknown

    close = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.9)
    return close[0] if close else None
