"""A node pool with a number of Local SSDs that its machine type cannot have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.pools import Pool
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.wording import counted, or_list

_FIELDS = ("ephemeralStorageLocalSsdConfig", "localNvmeSsdBlockConfig")
_COUNT = "localSsdCount"


def check(context: Context) -> Violations:
    """One finding for each field of a pool."""
    seen = view(context)
    known = seen.catalog.gke("local-ssd").data["counts"]
    for pool in seen.pools:
        allowed = known.get(pool.machine_type, ())
        for path in _paths(pool) if allowed else ():
            count = whole(pool.get(*path))
            if count and count not in allowed:
                yield violation(
                    f"a node of pool {pool.name} has {counted(count, 'Local SSD')}; "
                    f"{pool.machine_type} has {or_list(allowed)}",
                    pool.place(*path),
                )


def _paths(pool: Pool) -> Iterator[Path]:
    """Where a pool says the number: in an object, or in the only item that Terraform has."""
    config = as_dict(pool.get("nodeConfig"))
    for field in _FIELDS:
        yield ("nodeConfig", field, *((0,) if isinstance(config.get(field), list) else ()), _COUNT)
    yield "nodeConfig", _COUNT
