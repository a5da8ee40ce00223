"""What a review consists of. Plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from stackgen.catalog.load import Catalog
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.redact import redact
from stackgen.review.links import Links

if TYPE_CHECKING:
    from stackgen.compiler import Compiled
    from stackgen.rollout.model import Rollout

Risk = Literal["none", "low", "medium", "high"]
RISKS: tuple[Risk, ...] = ("none", "low", "medium", "high")

Action = Literal["added", "removed", "changed", "renamed"]
Kind = Literal["added", "removed", "changed", "order"]


class Item(str):
    """A step of a path that is no field: the key that tells a list item from its siblings."""

    __slots__ = ()


Label = tuple[str, ...]  # a path for people: fields, and Items for list items


def show_label(label: Label) -> str:
    """`spec.containers[main].env[HF_HOME].value`; odd field names stand in brackets, quoted."""
    out = ""
    for step in label:
        if isinstance(step, Item):
            out += f"[{step}]"
        elif step and all(c.isalnum() or c in "-_" for c in step):
            out += f".{step}" if out else step
        else:
            out += f'["{step}"]'
    return out or "."


@record
class Field:
    """A value that differs. old_at, new_at: where it stands in each object; None where it is not.

    kind `order`: the same items in another order, where order means something.
    """

    kind: Kind
    label: Label
    old: Any = None
    new: Any = None
    old_at: Path | None = None
    new_at: Path | None = None

    @property
    def name(self) -> str:
        """The label as text; an item may be called after its content."""
        return show_label(tuple(s if s.isalpha() else type(s)(redact(s)) for s in self.label))


@record
class Cause:
    """A line of the spec, or a row of the catalog, that differs and brought the change about.

    side: whose line it is, `new` or `old` (for what is no longer there). file is empty for rows.
    """

    name: str
    side: Literal["old", "new"]
    file: str = ""
    line: int = 0
    column: int = 0
    old: str = ""
    new: str = ""


@record
class Consequence:
    """What a change does in the cluster. id: its row in risks.yaml. field: the label it is about.

    status: what about it is not verified; empty when the source says it.
    """

    id: str
    risk: Risk
    message: str
    remedy: str = ""
    field: str = ""
    source: str = ""
    as_of: str = ""
    status: str = ""


@record
class Change:
    """One object that differs. causes: for each of its fields; one tuple for an added or removed
    object as a whole.

    moved: the file it was in, when it is in another one now.
    """

    action: Action
    layer: str
    old: Resource | None
    new: Resource | None
    fields: tuple[Field, ...] = ()
    causes: tuple[tuple[Cause, ...], ...] = ()
    consequences: tuple[Consequence, ...] = ()
    moved: str = ""

    @property
    def resource(self) -> Resource:
        """The object as it will be; a removed one as it was."""
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def risk(self) -> Risk:
        return worst(c.risk for c in self.consequences)


@record
class PoolDelta:
    """USD per hour of a node pool (or the cluster fee), at the minimum and maximum number of nodes.

    None where a price is not known, or the pool is not there (then `there` says so).
    """

    name: str
    old: tuple[float, float] | None
    new: tuple[float, float] | None
    there: tuple[bool, bool] = (True, True)
    note: str = ""


@record
class Money:
    """What changes in cost. complete: every price is known on both sides. as_of: of the prices."""

    pools: tuple[PoolDelta, ...]
    old: tuple[float, float]
    new: tuple[float, float]
    complete: bool
    as_of: str = ""


@record
class Memory:
    """A figure of the memory of a model's server that changes; None where it is not known.

    there: whether the model is there, before and after.
    """

    model: str
    figure: str
    old: float | None
    new: float | None
    there: tuple[bool, bool] = (True, True)


@record
class Connection:
    """Ports between two ends that open or close. arrived: an end is there on one side only."""

    source: str
    destination: str
    gone: str
    new: str
    arrived: bool
    outside: bool


@record
class Side:
    """One of the two renders. name: what it is called. root: where its files are, for people.

    compiled: the spec behind it, when there is one; `objects` need not be what it renders now.
    release: the row that is meant, by its name in `catalog`. others: what is in files that are no
    objects, such as values of charts and scripts, by their names.
    """

    name: str
    objects: tuple[Resource, ...]
    root: str = ""
    compiled: Compiled | None = None
    release: str = ""
    catalog: Catalog = field(default_factory=Catalog)
    notes: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)

    def inner(self, file: str) -> str:
        """A file name as it is below the root."""
        root = self.root.rstrip("/") + "/" if self.root else ""
        return file[len(root) :] if root and file.startswith(root) else file


@record
class Review:
    """The differences of one environment, or of two trees.

    changes: by layer. general: consequences that are no one object's, such as cost. update: the
    new side replaces the old one in a cluster; else they are two clusters side by side. links: to
    the files of the old and of the new side. files: those that differ and are no objects; what
    becomes of them in the cluster is not known.
    """

    env: str
    old: str
    new: str
    update: bool
    changes: tuple[Change, ...] = ()
    money: Money | None = None
    connections: tuple[Connection, ...] = ()
    general: tuple[Consequence, ...] = ()
    notes: tuple[str, ...] = field(default=())
    rollouts: tuple[Rollout, ...] = ()
    memory: tuple[Memory, ...] = ()
    links: tuple[Links, Links] = (Links(), Links())
    files: tuple[str, ...] = ()

    @property
    def risk(self) -> Risk:
        return worst([*(c.risk for c in self.changes), *(c.risk for c in self.general)])

    @property
    def empty(self) -> bool:
        return not self.changes and self.money is None and not self.files


def worst(risks: Any) -> Risk:
    """The highest of some risks; none of none."""
    return RISKS[max((RISKS.index(r) for r in risks), default=0)]
