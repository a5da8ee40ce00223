"""What comes of one object that differs: rows of the risk table and what code works out."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.facts.workloads import Workload
from stackgen.manifest.document import show_path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.registry import prediction_of
from stackgen.review import access, exposure, names, namespaces, removed, risks, serving, transfer
from stackgen.review.match import Pair
from stackgen.review.model import Consequence, Field, Side
from stackgen.review.risks import consequence
from stackgen.review.serving import Servers, startup_of, those
from stackgen.rollout.removal import Removals
from stackgen.schema.engine import validate
from stackgen.schema.store import SchemaCatalog
from stackgen.wording import few


def of_pool(pool: Resource, before: Servers) -> Iterator[Consequence]:
    """The servers that are away when a pool of the old side is deleted or recreated."""
    workloads = [w for w in before.on(pool) if w.serving and w.replicas.value != 0]
    if workloads:
        yield consequence(
            "pool-servers-away", servers=those(workloads),
            startup=startup_of(workloads) or "an unknown time",
        )  # fmt: skip


def of_rolled_nodes(pool: Resource, after: Servers) -> Iterator[Consequence]:
    """Servers that are moved while the nodes of their pool are replaced one batch after another."""
    workloads = [w for w in after.on(pool) if w.serving and w.replicas.value != 0]
    if not workloads:
        return
    guarded = [w for w in workloads if _guard(w, after.side)]
    words = {"servers": those(workloads), "startup": startup_of(workloads) or "an unknown time"}
    if len(guarded) == len(workloads) and all(w.replicas.value != 1 for w in workloads):
        budgets = few(_guard(w, after.side) for w in guarded)
        yield consequence("pool-servers-moved", budgets=budgets, **words)
    else:
        yield consequence("pool-servers-unguarded", **words)


def _guard(workload: Workload, side: Side) -> str:
    """The PodDisruptionBudget that selects the servers."""
    from stackgen.net.workloads import pods_of

    resource = workload.resource
    labels = [pod.labels for pod in pods_of(Bundle((resource,)))]
    for budget in side.objects:
        if (budget.group, budget.kind) != ("policy", "PodDisruptionBudget"):
            continue
        wanted = budget.get("spec", "selector", "matchLabels")
        if budget.namespace != resource.namespace or not isinstance(wanted, dict) or not wanted:
            continue
        if any(all(given.get(k) == v for k, v in wanted.items()) for given in labels):
            return budget.name
    return ""


def of_pool_size(new: Resource, after: Servers) -> Iterator[Consequence]:
    """A pool that is now too small for what runs on it."""
    pool = after.pool(new)
    limit = pool.limit("max") if pool is not None else None
    if limit is None:
        return
    workloads = [w for w in after.on(new) if len(after.pools_for(w)) == 1]
    needed = 0
    for workload in workloads:
        replicas, size = workload.replicas.value, workload.size.value
        if replicas is None or size is None:
            return
        needed += replicas * size
    if needed > limit[0]:
        yield consequence(
            "pool-smaller", new=str(limit[0]), needed=str(needed), servers=those(workloads)
        )


_CNRM = "container.cnrm.cloud.google.com"
# What is refused as a whole restarts nothing.
_REFUSED = {"immutable-field", "group-size", "group-size-fixed"}
_POOL_FIXED = "node-pool-fixed"
# Annotations that have an engine delete and recreate what it cannot update.
_RECREATED = (
    ("kustomize.toolkit.fluxcd.io/force", "enabled"),
    ("kustomize.toolkit.fluxcd.io/force", "Enabled"),
    ("argocd.argoproj.io/sync-options", "Replace=true"),
    ("argocd.argoproj.io/hook-delete-policy", "BeforeHookCreation"),
    ("helm.sh/hook-delete-policy", "before-hook-creation"),
)


class Judge:
    """Knows both sides: servers, pools and schemas, and what becomes of objects that go."""

    def __init__(
        self, before: serving.Servers, after: serving.Servers, schemas: SchemaCatalog,
        removals: Removals,
    ) -> None:  # fmt: skip
        self.before, self.after, self.schemas = before, after, schemas
        self.removals = removals

    def prepare(self, pair: Pair, fields: tuple[Field, ...]) -> None:
        """Note node pools that go, and those that cannot become what they are to be."""
        old, new = pair.old, pair.new
        if old is not None and _is_pool(old) and (new is None or pair.renamed):
            if removed.of_removed(old, self.removals) is None:
                self.before.gone.append(old)
        elif old is not None and new is not None and _is_pool(new):
            said = risks.of_fields(new, fields)
            if any(c.id.startswith(_POOL_FIXED) for c in said):
                self.after.refused.append((new, self.before.pool(old)))

    def judge(self, pair: Pair, fields: tuple[Field, ...]) -> tuple[Consequence, ...]:
        """The consequences of one difference, the worst first."""
        old, new = pair.old, pair.new
        if old is None:
            assert new is not None
            found = list(self._added(new))
        elif new is None:
            found = list(self._removed(old))
        elif pair.renamed:
            found = list(self._renamed(old, new))
        else:
            found = list(self._changed(old, new, fields))
        found.sort(key=lambda c: -risks_of(c))
        return tuple(_settled(found))

    def _added(self, new: Resource) -> Iterator[Consequence]:
        told = [
            *risks.of_object(new, "added"), *exposure.exposure(None, new),
            *names.of_rewrite(None, new, self.before, self.after),
        ]  # fmt: skip
        yield from told or [consequence("object-added")]

    def _removed(self, old: Resource) -> Iterator[Consequence]:
        left = removed.of_removed(old, self.removals)
        if left is not None:
            yield left
            return
        told = [
            *risks.of_object(old, "removed"), *self._pool_gone(old),
            *transfer.of_prefill_removed(old),
            *names.of_rewrite(old, None, self.before, self.after),
        ]  # fmt: skip
        if old.kind == "NetworkPolicy" and old.get("spec", "podSelector"):
            # Pods that come later are not left open by it; what is open to others is worked out.
            told = [consequence("policy-removed")]
        yield from told or [consequence("object-removed")]

    def _renamed(self, old: Resource, new: Resource) -> Iterator[Consequence]:
        yield consequence("renamed")
        left = removed.of_removed(old, self.removals)
        if left is not None:
            yield left
        else:
            yield from risks.of_object(old, "removed", renamed=True)
            yield from self._pool_gone(old)
        yield from risks.of_object(new, "added", renamed=True)
        yield from exposure.exposure(None, new)
        if prediction_of(new) is not None:
            yield serving.of_rename(new, self.after)

    def _pool_gone(self, old: Resource) -> Iterator[Consequence]:
        if _is_pool(old):
            yield from of_pool(old, self.before)

    def _changed(
        self, old: Resource, new: Resource, fields: tuple[Field, ...]
    ) -> Iterator[Consequence]:
        fixed = list(self._immutable(old, new))
        told = [
            *fixed,
            *risks.of_fields(new, fields),
            *exposure.exposure(old, new),
            *access.limits(old, new),
            *namespaces.of_labels(old, new, self.before.side, self.after.side),
            *serving.of_group_size(fields, old, new),
            *transfer.of_transfer(old, new),
            *names.of_rewrite(old, new, self.before, self.after),
        ]
        if not any(c.id in _REFUSED for c in told):
            told += self._servers(old, new, fields)
        pool = _is_pool(new)
        if pool and any(c.id.startswith(_POOL_FIXED) for c in told):
            told = [c for c in told if c.id != "nodes-recreated"]
            told += of_pool(old, self.before)
        elif pool and any(c.id == "nodes-recreated" for c in told):
            told += of_rolled_nodes(new, self.after)
        if pool and any(f.label[:2] == ("spec", "autoscaling") for f in fields):
            told += of_pool_size(new, self.after)
        if told:
            yield from told
        elif all(_is_mark(f) for f in fields):
            yield consequence("marks-alone")
        else:
            yield consequence("other-change", few(f.name for f in fields))

    def _servers(
        self, old: Resource, new: Resource, fields: tuple[Field, ...]
    ) -> Iterator[Consequence]:
        for field in fields:
            yield from serving.of_replicas(field, new, self.after)
        yield from serving.of_restart(fields, old, new, self.before, self.after)
        yield from names.of_names(old, new, self.before, self.after)
        yield from names.of_context(old, new, self.before, self.after)

    def _immutable(self, old: Resource, new: Resource) -> Iterator[Consequence]:
        """What the API server would refuse of the update, and accepts of the object by itself."""
        if old.api_version != new.api_version:
            return
        found = validate(new.data, catalog=self.schemas, previous=old.data)
        if not found:
            return
        alone = {(p.path, p.message) for p in validate(new.data, catalog=self.schemas)}
        refused = [p for p in found if (p.path, p.message) not in alone]
        force = _marked(new, _RECREATED)
        if refused and force:
            yield consequence("recreated", force, problem=refused[0].message)
            return
        for problem in refused:
            yield consequence("immutable-field", show_path(problem.path), problem=problem.message)


def _is_pool(resource: Resource) -> bool:
    return (resource.group, resource.kind) == (_CNRM, "ContainerNodePool")


def risks_of(found: Consequence) -> int:
    """The risk as a number, for sorting."""
    from stackgen.review.model import RISKS

    return RISKS.index(found.risk)


def _settled(found: list[Consequence]) -> Iterator[Consequence]:
    """Each once."""
    seen = set()
    for one in found:
        key = (one.id, one.message)
        if key in seen:
            continue
        seen.add(key)
        yield one


def _marked(resource: Resource, wanted: tuple[tuple[str, str], ...]) -> str:
    """The first of some annotations that an object has."""
    marks = resource.metadata.get("annotations")
    for key, value in wanted:
        given = marks.get(key) if isinstance(marks, dict) else None
        if isinstance(given, str) and value in [part.strip() for part in given.split(",")]:
            return f"{key}: {given}"
    return ""


def _is_mark(field: Field) -> bool:
    return field.label[:2] in (("metadata", "labels"), ("metadata", "annotations"))
