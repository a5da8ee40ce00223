"""What a change means for model servers: which restart, for how long, and whether any serves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.node_capacity import nodes_for
from stackgen.checks.tpu.view import View
from stackgen.facts.lifecycle import startup_budget
from stackgen.facts.pod_templates import kind_of
from stackgen.facts.pools import Pool
from stackgen.facts.quantity import share_of
from stackgen.facts.workloads import Workload
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.registry import prediction_of
from stackgen.review.model import Consequence, Field, Side
from stackgen.review.risks import consequence
from stackgen.review.show import object_name
from stackgen.wording import counted, few


class Servers:
    """The model servers and node pools of one side.

    refused: pools that cannot become what they are said to be, with what they stay.
    gone: pools that do not exist, or not under this name, on the other side.
    """

    def __init__(self, side: Side) -> None:
        self.side = side
        self.refused: list[tuple[Resource, Pool | None]] = []
        self.gone: list[Resource] = []

    @cached_property
    def view(self) -> View:
        side = self.side
        return View(Context(Bundle(side.objects), release=side.release, catalog=side.catalog))

    @cached_property
    def _by_resource(self) -> dict[int, list[Workload]]:
        found: dict[int, list[Workload]] = {}
        for workload in self.view.workloads:
            found.setdefault(id(workload.resource), []).append(workload)
        return found

    def of(self, resource: Resource | None) -> list[Workload]:
        """The accelerator workloads that an object describes."""
        return self._by_resource.get(id(resource), [])

    def on(self, pool: Resource) -> list[Workload]:
        """The workloads whose Pods run on a node pool."""
        return [
            w for w in self.view.workloads if any(p.resource is pool for p in self.pools_for(w))
        ]

    def pools_for(self, workload: Workload) -> tuple[Pool, ...]:
        """The pools whose nodes the selectors of a workload allow."""
        if workload.tpu_containers:
            return self.view.pools_for(workload)
        with_gpus = [p for p in self.view.pools if p.generation is None and p.gpu_label != "none"]
        return tuple(p for p in with_gpus if workload.labels and p.takes(workload.labels))

    def pool(self, resource: Resource) -> Pool | None:
        """The node pool that an object describes."""
        return next((p for p in self.view.pools if p.resource is resource), None)


def of_replicas(field: Field, new: Resource, servers: Servers) -> Iterator[Consequence]:
    """More, fewer or no servers."""
    if field.label[-1:] != ("replicas",) or field.label[:1] != ("spec",):
        return
    if any(workload.replicas.value is None for workload in servers.of(new)):
        return  # an autoscaler sets them from now on, and the controller leaves them as they are
    old_count, count = _count(field.old), _count(field.new)
    if old_count is None or count is None or old_count == count:
        return
    words = {"old": str(old_count), "new": str(count)}
    if field.new is None and all(workload.service is None for workload in servers.of(new)):
        yield consequence("replicas-leave", field.name, old=words["old"])
    elif count == 0:
        yield consequence("replicas-to-zero", field.name, **words)
    elif count < old_count:
        alone = "; the one that is left has none to stand in for it" if count == 1 else ""
        yield consequence("fewer-replicas", field.name, alone=alone, **words)
    else:
        startup = startup_of(servers.of(new))
        text = f"; each new server takes up to {startup} to load" if startup else ""
        yield consequence("more-replicas", field.name, startup=text, **words)


def _count(value: Any) -> int | None:
    """A number of replicas; one when it is left out."""
    if value is None:
        return 1
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def of_rename(new: Resource, after: Servers) -> Consequence:
    """A service under another name."""
    return consequence("model-renamed", startup=startup_of(after.of(new)) or "an unknown time")


def of_group_size(fields: tuple[Field, ...], old: Resource, new: Resource) -> Iterator[Consequence]:
    """Another number of hosts to a server: it becomes the size of a LeaderWorkerSet."""
    platform = prediction_of(new)
    was, size = (platform.group_size(one) if platform else None for one in (old, new))
    if was is None or size is None or was.value == size.value:
        return
    parents = {was.path[:-1], size.path[:-1]}
    touched = [f.name for f in fields if any(f.label[: len(p)] == p for p in parents)]
    if touched:
        yield consequence("group-size", few(touched), old=str(was.value), new=str(size.value))


def of_restart(
    fields: tuple[Field, ...], old: Resource, new: Resource, before: Servers, after: Servers
) -> Iterator[Consequence]:
    """Servers that restart since their Pods change."""
    touched = [f for f in fields if _in_pods(f, new)]
    if not touched:
        return
    workloads = [w for w in after.of(new) if w.serving]
    if not workloads:
        if _restarts(new):
            yield consequence("pods-restart", fields=few(f.name for f in touched))
        return
    running = {w.part: w for w in before.of(old)}
    for workload in workloads:
        was = running.get(workload.part)
        had = was.replicas.value if was is not None else None
        if workload.replicas.value == 0 or had == 0:
            continue
        lost = _all_in(before.gone, was, before) if was is not None else ""
        if lost:
            startup = startup_of([workload]) or "an unknown time"
            yield consequence("restart-pool-gone", pool=lost, startup=startup)
        else:
            yield _restart(workload, after, had)


def _all_in(some: list[Resource], workload: Workload, servers: Servers) -> str:
    """The names of the pools of a workload, when all of them are among `some`."""
    pools = servers.pools_for(workload)
    if not pools or not all(any(p.resource is one for one in some) for p in pools):
        return ""
    return few(p.resource.name for p in pools)


def _restarts(resource: Resource) -> bool:
    kind = kind_of(resource)
    return prediction_of(resource) is not None or (kind is not None and bool(kind.rollout))


def _in_pods(field: Field, resource: Resource) -> bool:
    """Whether a field ends up in the Pods of the object's servers."""
    platform = prediction_of(resource)
    if platform is not None:
        return (
            field.label[:1] == ("spec",)
            and len(field.label) > 1
            and not any(step in platform.rollout.elsewhere for step in field.label[1:3])
        )
    kind = kind_of(resource)
    root = kind.pod_root if kind is not None and kind.rollout else None
    return root is not None and field.label[: len(root)] == root


def _restart(workload: Workload, servers: Servers, had: int | None) -> Consequence:
    replicas = workload.replicas.value
    startup, words = _startup_budget(workload)
    surge, spare = _strategy(workload, replicas or 1)
    # Nodes as they are may do for the new Pods as well.
    stay = [new for new, old in servers.refused if old is None or not old.takes(workload.labels)]
    waiting = _all_in(stay, workload, servers)
    if waiting:
        return consequence("restart-no-nodes", pool=waiting)
    facts = {"startup": startup or "an unknown time", "patience": words}
    if spare is None or (replicas == 1 and had in (1, None) and surge == 0):
        return consequence("restart-away", **facts)
    room, fits = "", None
    if surge and not workload.grouped and replicas is not None:
        found = nodes_for(servers.view, workload)
        if found is not None:
            fits = replicas + surge <= found.nodes
            room = (
                f"it takes {counted(replicas + surge, 'node')} meanwhile, and there can be "
                f"{found.nodes}"
            )
    if fits is False and spare == 0:
        return consequence("restart-no-room", room=room, **facts)
    each = facts["startup"]
    if replicas == 1:
        count, total = "its server restarts", f"the new one takes up to {each} to load"
    elif replicas is None:
        count = "its servers restart one after another"
        total = f"each takes up to {each} to load, all of them as many times that"
    else:
        count = f"{counted(replicas, 'server')} restart one after another"
        seconds = _seconds(workload)
        rounds = math.ceil(replicas / max(1, surge + spare))
        whole = duration(seconds * rounds) if seconds else "an unknown time"
        total = f"each takes up to {each} to load, all of them up to {whole}"
    fewer = f", {spare} fewer at a time" if spare else ""
    if not room and surge and not workload.grouped:
        room = "; whether there is room for one more host is not known here"
    elif room:
        room = f"; {room}"
    return consequence(
        "restart-one-by-one", servers=count, spare=fewer, total=total, room=room, **facts
    )


def _strategy(workload: Workload, replicas: int) -> tuple[int, int | None]:
    """How many servers may be there beyond the replicas, and how many of them may be away.

    None: all of them together.
    """
    resource = workload.resource
    kind = kind_of(resource)
    rollout = kind.rollout if kind is not None else ""
    platform = prediction_of(resource)
    if workload.grouped or rollout == "groups":
        base: Path = ("spec", "rolloutStrategy", "rollingUpdateConfiguration")
        if platform is not None:
            base = platform.rollout.strategy
        surge, spare = resource.get(*base, "maxSurge"), resource.get(*base, "maxUnavailable")
        more = share_of(surge, replicas, math.ceil, 0)
        return more or 0, share_of(spare, replicas, math.floor, 1) or 0
    if rollout == "one-by-one":
        return 0, 1
    if platform is not None:
        base = platform.rollout.strategy
    elif rollout == "argo":
        base = ("spec", "strategy", "canary")
    else:
        if resource.get("spec", "strategy", "type") == "Recreate":
            return 0, None
        base = ("spec", "strategy", "rollingUpdate")
    surge = share_of(resource.get(*base, "maxSurge"), replicas, math.ceil)
    return surge or 0, share_of(resource.get(*base, "maxUnavailable"), replicas, math.floor) or 0


def those(workloads: list[Workload]) -> str:
    texts = []
    for workload in workloads:
        count = workload.replicas.value
        what = object_name(workload.resource.kind, "", workload.resource.name)
        texts.append(f"{counted(count, 'server')} of {what}" if count is not None else what)
    verb = " runs" if len(texts) == 1 and texts[0].startswith("1 ") else " run"
    return few(texts) + verb


def startup_of(workloads: list[Workload]) -> str:
    found = [s for w in workloads if (s := _seconds(w)) is not None]
    return duration(max(found)) if found else ""


def _seconds(workload: Workload) -> int | None:
    container = workload.server or next(iter(workload.tpu_containers), None)
    found = startup_budget(container) if container is not None else None
    return found.seconds if found is not None else None


def _startup_budget(workload: Workload) -> tuple[str, str]:
    container = workload.server or next(iter(workload.tpu_containers), None)
    found = startup_budget(container) if container is not None else None
    if found is None:
        return "", "no probe of the server says how long a start may take"
    return duration(found.seconds), f"what the server's probe allows: {found.sum}"


def duration(seconds: int) -> str:
    """`45 s`, `30 min`, `2 h 30 min`."""
    if seconds < 120:
        return f"{seconds} s"
    minutes = math.ceil(seconds / 60)
    hours, rest = divmod(minutes, 60)
    if hours < 2:
        return f"{minutes} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"
