"""A ResourceFlavor of Kueue whose node labels no node pool has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.pools import Pool, Pools
from stackgen.facts.quantity import number
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.facts.workloads import COMPUTE_CLASS, GPU, TPU, Label
from stackgen.findings.model import Place, Violations, violation
from stackgen.wording import or_list


def check(context: Context) -> Violations:
    """One finding for each flavor, where the input has node pools and GKE makes no others."""
    seen = view(context)
    quotas = _quotas(context) if seen.pools else {}
    for flavor in context.bundle.of_kind("ResourceFlavor", "kueue.x-k8s.io") if seen.pools else ():
        labels = as_dict(flavor.get("spec", "nodeLabels"))
        wanted = {
            str(key): Label((value,), ("spec", "nodeLabels", str(key)))
            for key, value in labels.items()
            if isinstance(value, str) and plain(value)
        }
        if seen.makes_pools or COMPUTE_CLASS in wanted or len(wanted) < len(labels):
            continue
        found = seen.indexes["all"].near(flavor, wanted) if wanted else Pools()
        for name, per_node in _DEVICES.items():
            amount, place = quotas.get((flavor.name, name), (0.0, None))
            most = _most(found, per_node)
            if place is not None and most is not None and amount > most > 0:
                yield violation(
                    f"the queues have {amount:g} of {name} of flavor {flavor.name}, and its node "
                    f"pool{'s' if len(found) > 1 else ''} {or_list(found.names)} at most {most}",
                    place,
                    *found.places[:1],
                )
        all_near = seen.indexes["all"].near(flavor, {})
        if wanted and all_near and not seen.indexes["all"].near(flavor, wanted):
            alone = (
                key for key in wanted if not any(p.takes({key: wanted[key]}) for p in all_near)
            )
            key = next(alone, next(iter(wanted)))
            has = sorted({p.labels[key] for p in all_near if p.labels.get(key, "none") != "none"})
            yield violation(
                f"no node pool has nodes with {key}={labels[key]}"
                + (" and the other labels of the flavor" if len(wanted) > 1 else "")
                + (f"; there is {or_list(has)}" if has else ""),
                Place(flavor, ("spec", "nodeLabels", key)),
            )


def _gpus(pool: Pool) -> int:
    return pool.requestable_gpus


def _chips(pool: Pool) -> int:
    return int(pool.machine.data["chips"]) if pool.machine is not None else 0


# How many of a device a node has.
_DEVICES: Mapping[str, Callable[[Pool], int]] = {GPU: _gpus, TPU: _chips}


def _most(pools: Pools, per_node: Callable[[Pool], int]) -> int | None:
    """The devices of all nodes that the pools can have; None if that is not known."""
    counts = [per_node(pool) for pool in pools]
    if None in pools.most or not all(counts):
        return None
    return sum(n * most[0] for n, most in zip(counts, pools.most, strict=True) if most)


def _quotas(context: Context) -> dict[tuple[str, str], tuple[float, Place]]:
    """The quota of all queues by flavor and resource, and where the first is."""
    found: dict[tuple[str, str], tuple[float, Place]] = {}
    for queue in context.bundle.of_kind("ClusterQueue", "kueue.x-k8s.io"):
        for i, group in maps(queue.get("spec", "resourceGroups")):
            for j, flavor in maps(group.get("flavors")):
                for k, one in maps(flavor.get("resources")):
                    path = ("spec", "resourceGroups", i, "flavors", j, "resources", k)
                    place = Place(queue, (*path, "nominalQuota"))
                    key = (text(flavor.get("name")), text(one.get("name")))
                    before, first = found.get(key, (0.0, place))
                    found[key] = (before + (number(one.get("nominalQuota")) or 0), first)
    return found
