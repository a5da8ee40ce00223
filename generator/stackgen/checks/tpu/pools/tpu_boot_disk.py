"""A boot disk that the machine does not take."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.shape import plain
from stackgen.findings.model import Violations, violation
from stackgen.wording import or_list


def check(context: Context) -> Violations:
    """One finding for each pool with another disk."""
    for pool in view(context).tpu_pools:
        disk = pool.get("nodeConfig", "diskType")
        allowed = pool.machine.data.get("boot_disks") if pool.machine else None
        if allowed and isinstance(disk, str) and plain(disk) and disk not in allowed:
            yield violation(
                f"{pool.machine_type} does not support the boot disk {disk}; it supports "
                f"{or_list(allowed)}",
                pool.place("nodeConfig", "diskType"),
            )
