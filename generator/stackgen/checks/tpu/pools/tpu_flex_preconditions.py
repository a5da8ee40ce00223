"""A queued pool that is not allowed to be one."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.pools import Pool
from stackgen.findings.model import Violation, Violations, violation
from stackgen.manifest.document import Path


def check(context: Context) -> Violations:
    """One finding for each broken condition; what is left out is the API's to default."""
    for pool in view(context).pools:
        if not pool.queued:
            continue
        minimum = pool.limit("min")
        reservation = pool.get("nodeConfig", "reservationAffinity", "consumeReservationType")
        if minimum is not None and minimum[0] > 0 and minimum[1][0] == "autoscaling":
            yield _finding(pool, f"keeps {minimum[0]} nodes", minimum[1])
        if pool.get("autoscaling") is None and pool.get("nodeCount") is not None:
            yield _finding(pool, "has a fixed number of nodes", ("nodeCount",))
        if pool.get("management", "autoRepair") is True:
            yield _finding(pool, "repairs its nodes", ("management", "autoRepair"))
        if isinstance(reservation, str) and reservation != "NO_RESERVATION":
            path = ("nodeConfig", "reservationAffinity", "consumeReservationType")
            yield _finding(pool, f"uses reservations ({reservation})", path)


def _finding(pool: Pool, what: str, path: Path) -> Violation:
    return violation(
        f"node pool {pool.name} is queued and {what}",
        pool.place(*path),
        pool.place(*pool.queued_by, note="queued"),
    )
