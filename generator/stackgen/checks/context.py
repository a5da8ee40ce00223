"""What a check is given. Checks are pure: they read this and yield findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from stackgen.cache.verdicts import Verdicts
from stackgen.catalog.load import Catalog
from stackgen.checks.shard import Shard
from stackgen.findings.model import Place
from stackgen.record import record

if TYPE_CHECKING:
    from stackgen.manifest.document import Path, Source
    from stackgen.manifest.resource import Bundle, Resource
    from stackgen.plan.model import Plan
    from stackgen.spec.load import Loaded
    from stackgen.spec.model import Stack


T = TypeVar("T")

# Group, kind, namespace and name: what makes an object the same one.
Identity = tuple[str, str, str, str]


def identity(resource: Resource) -> Identity:
    """What makes the object the same one, whatever changed in it."""
    return (resource.group, resource.kind, resource.namespace, resource.name)


@record
class Context:
    """The bundle and, when the bundle was built here, the stack and plan behind it.

    release: the release row whose controllers are meant. profile: facts about the cluster that
    set-wide policies read. schemas: folders of the user's own schemas, first match wins.
    policies: folders of the user's own policies; data: what only those read. catalog: built-in rows
    and the user's own. loaded: the spec's files. today: the day
    against which dates are read; without one, nothing is called too old. complete: the user says
    that the input is everything that the cluster has. verdicts: those on single objects. shard:
    which part of the work is to be done. assumed: the versions of programs that the input does not
    run, by their rows in metrics.yaml. kept: see `once`.
    """

    bundle: Bundle
    release: str = ""
    stack: Stack | None = None
    plan: Plan | None = None
    profile: Mapping[str, Any] = field(default_factory=dict)
    schemas: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    previous: Mapping[Identity, dict[str, Any]] = field(default_factory=dict)
    catalog: Catalog = field(default_factory=Catalog)
    loaded: Loaded | None = None
    today: date | None = None
    complete: bool = False
    verdicts: Verdicts = field(default_factory=Verdicts)
    assumed: Mapping[str, str] = field(default_factory=dict)
    shard: Shard = Shard()
    kept: dict[Callable[[Context], Any], Any] = field(default_factory=dict)

    def once(self, derive: Callable[[Context], T]) -> T:
        """What `derive` makes of this context: made at the first request, kept for the run."""
        if derive not in self.kept:
            self.kept[derive] = derive(self)
        found: T = self.kept[derive]
        return found


def spec_place(loaded: Loaded, path: Path, *, key: bool = False, note: str = "") -> Place:
    """The place of a spec path: the value's, or with `key` the key's.

    The note of a field that is not set, such as one with a default, says so at its parent.
    """
    node = loaded.node(path)
    if note and path not in loaded.nodes and path not in loaded.nulls:
        key, note = True, f"{note}: not set"
    mark = node.key_mark if key and node.key_mark else node.mark
    return Place(
        path=path, key=key, note=note, file=node.source.name, text=node.source.text, mark=mark
    )


@record
class SpecContext:
    """What a rule about the spec reads: the merged file and the catalog.

    texts: the files of the user's own catalog.

    spec: the mapping under `spec`, empty when the file has none. Rules of this family run on
    files that break the schema as well, so they take no shape for granted.
    """

    loaded: Loaded
    catalog: Catalog
    texts: tuple[Source, ...] = ()

    @property
    def spec(self) -> dict[str, Any]:
        data = self.loaded.data
        spec = data.get("spec") if isinstance(data, dict) else None
        return spec if isinstance(spec, dict) else {}

    def place(self, *path: str | int, key: bool = False, note: str = "") -> Place:
        """The place of a spec path: the value's, or with `key` the key's."""
        return spec_place(self.loaded, path, key=key, note=note)

    def items(self, *path: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The mappings of the list at `path` (below `spec`), each with its own path."""
        here: Any = self.spec
        for step in path:
            here = here.get(step) if isinstance(here, dict) else None
        if isinstance(here, list):
            for i, item in enumerate(here):
                if isinstance(item, dict):
                    yield ("spec", *path, i), item
