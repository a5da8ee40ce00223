"""A node pool with GPUs of which nothing installs the driver."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.containers import containers
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_list, at, text
from stackgen.facts.workloads import GPU, Workload
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path

_OFF = "INSTALLATION_DISABLED"
_DRIVER: Path = ("gpuDriverInstallationConfig", "gpuDriverVersion")
_INSTALLERS = ("driver-installer", "cos-nvidia-installer", "gpu-operator", "nvidia-driver")


def check(context: Context) -> Violations:
    """One finding for each node pool that Pods of the input can use."""
    seen = view(context)
    off = [p for p in seen.gpu_pools if _version(p.get("nodeConfig", "guestAccelerator")) == _OFF]
    if not off or _installed(context):
        return
    users: dict[str, Workload] = {}
    for workload in seen.workloads:
        if workload.labels and any(c.amount_path(GPU) for c in workload.containers):
            for pool in seen.pools_near(workload, "gpu", workload.labels):
                users.setdefault(pool.name, workload)
    for pool in off:
        if pool.name in users:
            yield violation(
                f"GKE installs no GPU driver in node pool {pool.name}, and nothing in the input "
                f"does; {users[pool.name].display_name} requests its GPUs",
                pool.place("nodeConfig", "guestAccelerator"),
            )


def _version(accelerators: object) -> str:
    first = next(iter(as_list(accelerators)), None)
    return text(at(first, *_DRIVER)).upper()


def _installed(context: Context) -> bool:
    """Whether a DaemonSet, a chart or a script of the input may install a driver."""
    bundle = context.bundle
    images = (
        text(container.get("image"))
        for one in bundle.of_kind("DaemonSet", "apps")
        for template in pod_templates(one)
        for _, container in containers(template.spec)
    )
    names = (one.name for one in bundle.of_kind("DaemonSet", "apps"))
    charts = (one.chart for one in chart_values(bundle))
    texts = {r.document.source.text for r in bundle.outside if r.document is not None}
    return any(word in one for one in (*images, *names, *charts, *texts) for word in _INSTALLERS)
