"""TPU nodes that a development cluster always pays for."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Violations, violation
from stackgen.wording import counted

STAGES = ("dev", "test")


def check(context: Context) -> Violations:
    """One finding for each pool, where the profile says that the cluster is for development."""
    if context.profile.get("stage") not in STAGES:
        return
    for pool in view(context).tpu_pools:
        minimum = pool.limit("min")
        if minimum is not None and minimum[0] > 0 and minimum[1][0] == "autoscaling":
            yield violation(
                f"node pool {pool.name} of a {context.profile['stage']} cluster keeps "
                f"{counted(minimum[0], 'node')} of {pool.machine_type}",
                pool.place(*minimum[1]),
            )
