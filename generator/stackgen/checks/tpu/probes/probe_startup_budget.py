"""A start that may take longer than it is given."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import unlisted
from stackgen.checks.tpu.probes.probe_no_startup import NEEDED
from stackgen.checks.tpu.view import view
from stackgen.facts.lifecycle import startup_budget
from stackgen.facts.model_name import least_by
from stackgen.facts.quantity import GIB
from stackgen.findings.model import Severity, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each server with ten minutes or more, and less than it may take."""
    seen = view(context)
    budget = seen.catalog.sizing("startup-budget").data if seen.tpu_servers else {}
    yield from _on_gpus(context)
    for workload in seen.tpu_servers:
        server, model = workload.server, seen.model(workload)
        allowed = startup_budget(server) if server and workload.whole else None
        if server is None or allowed is None or allowed.seconds < NEEDED:
            continue
        size = model.row.data["load_bytes"] / GIB if model is not None else 0
        expected = size / budget["load_gib_per_s"] + budget["compile_seconds"]
        takes, wanted = "may take up to", int(expected * budget["factor"])
        measured = context.profile.get("coldStartSeconds")
        if isinstance(measured, int) and measured > 0:
            takes, wanted = "takes", measured
        if allowed.seconds < wanted:
            about = f"{model.row.key} ({size:.1f} GiB)" if model is not None else "a model on TPU"
            yield violation(
                f"{workload.display_name} is killed {allowed.seconds} s after it starts "
                f"({allowed.sum}); {about} {takes} {wanted} s",
                allowed.place,
            )


def _on_gpus(context: Context) -> Violations:
    """Servers of known models that have less than loading and compiling alone will take."""
    seen = view(context)
    budget = seen.catalog.sizing("gpu-startup-budget").data if seen.gpu_servers else {}
    for workload in seen.gpu_servers:
        server, model = workload.server, seen.model(workload)
        allowed = startup_budget(server) if server and workload.whole else None
        name = model.row.key if model is not None else unlisted(workload, seen.catalog)
        if name is None or allowed is None:
            continue
        least = least_by(seen.catalog.sizing("model-name").data, name)
        size = (model.row.data["load_bytes"] if model is not None else least or 0) / GIB
        if not size:
            continue
        expected = int(size / budget["load_gib_per_s"] + budget["compile_seconds"])
        if allowed.seconds < expected:
            yield violation(
                f"{workload.display_name} is killed {allowed.seconds} s after it starts "
                f"({allowed.sum}); {name} ({size:.1f} GiB) takes about {expected} s to "
                "load and to be compiled",
                allowed.place,
                # Half of the time is not enough on faster disks either.
                severity=Severity.ERROR if allowed.seconds * 2 < expected else None,
            )
