"""Where each workload kind keeps its Pod templates: one table, read by all that look at pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.facts.shape import ANY_ITEM, matches
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.record import record


@record
class WorkloadKind:
    """One row of workload_kinds.yaml; see there for the fields."""

    templates: tuple[tuple[Path, str], ...]
    name: Path
    replicas: Path
    default: int | None
    group_size: Path
    group_default: int | None
    grouped: str
    mode: Path
    rollout: str
    runs: str
    single: tuple[str, ...] = ()
    more_labels: bool = False

    @property
    def pod_root(self) -> Path:
        """The part of the object that its Pods are made from: a change there replaces them."""
        first, *others = (path for path, _ in self.templates)
        same = [all(o[: n + 1] == first[: n + 1] for o in others) for n in range(len(first))]
        return first[: sum(same)]


@record
class PodTemplate:
    """One Pod template of an object.

    path: where the template stands. part: `leader`, `worker`, or empty for the only one.
    """

    path: Path
    part: str
    data: dict[str, Any]

    @property
    def spec_path(self) -> Path:
        return (*self.path, "spec")

    @property
    def spec(self) -> dict[str, Any]:
        """The Pod's spec; empty when the template has none."""
        found = self.data.get("spec")
        return found if isinstance(found, dict) else {}

    @property
    def labels(self) -> dict[str, Any]:
        """The Pod's labels; empty when the template has none."""
        metadata = self.data.get("metadata")
        found = metadata.get("labels") if isinstance(metadata, dict) else None
        return found if isinstance(found, dict) else {}


@cache
def _file() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "workload_kinds.yaml")
    return found


@cache
def workload_kinds() -> Mapping[tuple[str, str], WorkloadKind]:
    """Every kind with Pod templates, by API group and kind."""
    return {(row["group"], row["kind"]): _row(row) for row in _file()["kinds"]}


@cache
def _pod_parts() -> Mapping[tuple[str, str], tuple[Path, ...]]:
    return {(r["group"], r["kind"]): tuple(map(tuple, r["at"])) for r in _file()["pod_parts"]}


def pod_parts(resource: Resource) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The parts of Pod specs of an object that an operator makes Pods of, with their paths."""
    for path in _pod_parts().get((resource.group, resource.kind), ()):
        for where, part in matches(resource.data, path):
            if isinstance(part, dict):
                yield where, part


def _row(row: Mapping[str, Any]) -> WorkloadKind:
    return WorkloadKind(
        templates=tuple((tuple(t["path"]), t.get("part", "")) for t in row["templates"]),
        name=tuple(row.get("name", ())),
        replicas=tuple(row.get("replicas", ())),
        default=row.get("default"),
        group_size=tuple(row.get("group_size", ())),
        group_default=row.get("group_default"),
        grouped=row.get("grouped", ""),
        mode=tuple(row.get("mode", ())),
        rollout=row.get("rollout", ""),
        runs=row["runs"],
        single=tuple(row.get("single", ())),
        more_labels=row.get("labels") == "more",
    )


def kind_of(resource: Resource) -> WorkloadKind | None:
    """The row of an object's kind; None for kinds without Pod templates."""
    return workload_kinds().get((resource.group, resource.kind))


def pod_templates(resource: Resource) -> Iterator[PodTemplate]:
    """Every Pod template of an object, in the order of the table and of the lists."""
    return templates_of(resource.group, resource.kind, resource.data)


def templates_of(group: str, kind: str, data: Mapping[str, Any]) -> Iterator[PodTemplate]:
    """The Pod templates of an object that is given as plain data."""
    row = workload_kinds().get((group, kind))
    for path, part in row.templates if row is not None else ():
        for where, template in matches(data, path):
            if isinstance(template, dict):
                yield PodTemplate(where, part, template)


def beside(path: Path, template: PodTemplate) -> Path:
    """A path of the kind's row, with the list items that `template` stands in."""
    return tuple(
        there if step == ANY_ITEM else step
        for step, there in zip(path, (*template.path, *path[len(template.path) :]), strict=False)
    )
