"""Resources and the bundle: what layers make, checks judge and the tree writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, TypeVar

from stackgen.manifest.document import Document, Mark, Marks, Path, Source
from stackgen.origin import Origin
from stackgen.record import record

T = TypeVar("T")
RENDERED = " (rendered)"  # what follows the name of a folder or a chart that was rendered


@record
class Written:
    """Where a rendered object was written: the file, what that file is to it, the object there.

    at: for a line of what was rendered, the text and the line of it that made that line. space:
    the namespace of the release, for what a chart makes; guessed: nothing says it. unset: the paths
    where a template prints a value that is empty: what will be there is not known. by: the file,
    kind and name of the delivery, if all that it brings is here.
    """

    file: str
    note: str
    resource: Resource | None = None
    at: Callable[[int], tuple[Source, int] | None] | None = None
    space: str = ""
    guessed: bool = False
    unset: tuple[Path, ...] = ()
    by: tuple[str, str, str] = ("", "", "")

    def is_unset(self, path: Path) -> bool:
        """Whether the value at a path, or a part of it, is not set by default."""
        return any(one[: len(path)] == path[: len(one)] for one in self.unset) if path else False


@record
class Resource:
    """One Kubernetes object.

    data: the plain object. file: where it is (rendered) or was read. layer: the layer that made
    it, empty for foreign manifests. origins: why each leaf is what it is, empty for foreign ones.
    absent: what conditions left out, by the path it would have had. notes: comment lines.
    condition: why the object is there at all, where the spec could do without it.
    index: True for the files Kustomize itself reads; checks of cluster objects skip them.
    document, base: for foreign manifests, the document it stands in, and where (in a List).
    written: for what Kustomize or Helm rendered, what it was rendered from.
    pieces: for what a controller puts together of several objects, where a path of it was written.
    patched: the same for what Kustomize makes of an object and its patches.
    """

    data: dict[str, Any]
    file: str
    layer: str = ""
    origins: Mapping[Path, Origin] = field(default_factory=dict)
    absent: Mapping[Path, Origin] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    condition: Origin | None = None
    index: bool = False
    document: Document | None = None
    base: Path = ()
    written: Written | None = None
    pieces: Callable[[Path], tuple[Resource, Path]] | None = None
    patched: Callable[[Path], tuple[Resource, Path]] | None = None

    @property
    def is_rendered(self) -> bool:
        """Whether it was rendered for this run. The output of Helm in a file is a file."""
        return self.written is not None and self.file.endswith(RENDERED)

    @cached_property
    def api_version(self) -> str:
        value = self.data.get("apiVersion")
        return value if isinstance(value, str) else ""

    @cached_property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    @cached_property
    def version(self) -> str:
        return self.api_version.rpartition("/")[2]

    @cached_property
    def kind(self) -> str:
        value = self.data.get("kind")
        return value if isinstance(value, str) else ""

    @cached_property
    def metadata(self) -> dict[str, Any]:
        value = self.data.get("metadata")
        return value if isinstance(value, dict) else {}

    @cached_property
    def name(self) -> str:
        value = self.metadata.get("name")
        return value if isinstance(value, str) else ""

    @cached_property
    def namespace(self) -> str:
        value = self.metadata.get("namespace")
        return value if isinstance(value, str) else ""

    @cached_property
    def _kept(self) -> dict[Callable[[Resource], Any], Any]:
        return {}

    def once(self, derive: Callable[[Resource], T]) -> T:
        """What `derive` makes of this object: made at the first request, and not to be changed."""
        if derive not in self._kept:
            self._kept[derive] = derive(self)
        found: T = self._kept[derive]
        return found

    def get(self, *path: str | int) -> Any:
        """The value at `path`, or None when any step is missing or of another type."""
        here: Any = self.data
        for step in path:
            if isinstance(here, dict) and isinstance(step, str):
                here = here.get(step)
            elif isinstance(here, list) and isinstance(step, int) and step < len(here):
                here = here[step]
            else:
                return None
        return here

    @cached_property
    def text(self) -> str:
        """The file's content, byte for byte."""
        if self.document is not None:
            return self.document.source.text
        from stackgen.manifest.yaml_out import render

        return render(self.data, self.notes)

    @cached_property
    def rendered(self) -> Document:
        """The document of the file that is the object, or that it stands in."""
        if self.document is not None:
            return self.document
        from stackgen.manifest.yaml_in import parse

        return parse(self.text, self.file)[0]

    @property
    def marks(self) -> Marks:
        """Where every key and value of the file stands."""
        return self.rendered.marks()

    def mark(self, path: Path, key: bool = False) -> Mark | None:
        """Where `path` stands in the file, or its nearest parent."""
        return self.rendered.mark((*self.base, *path), key)

    def origin(self, path: Path) -> Origin | None:
        """Why the value at `path` is what it is; for a container, its first leaf's reason."""
        found = self.origins.get(path)
        if found is not None:
            return found
        size = len(path)
        for leaf, origin in self.origins.items():
            if leaf[:size] == path:
                return origin
        while path:
            path = path[:-1]
            if path in self.origins:
                return self.origins[path]
        return None


@record
class Bundle:
    """All resources of one environment, or everything `lint` was given, in order.

    absent: files that conditions left out, and why. outside: objects that are counted on and not
    rendered, since others make them; they have no file. settings: files of the input that are no
    objects, such as values of charts. patches: the documents with which kustomizations patch.
    dashboards: files of which kustomizations make ConfigMaps.
    part_of: the whole input, where this is one of its environments.
    """

    resources: tuple[Resource, ...]
    absent: Mapping[str, Origin] = field(default_factory=dict)
    outside: tuple[Resource, ...] = ()
    settings: tuple[Resource, ...] = ()
    patches: tuple[Document, ...] = ()
    dashboards: tuple[Resource, ...] = ()
    part_of: Bundle | None = None

    @cached_property
    def _kept(self) -> dict[Callable[[Bundle], Any], Any]:
        return {}

    def once(self, derive: Callable[[Bundle], T]) -> T:
        """What `derive` makes of this bundle: made at the first request."""
        if derive not in self._kept:
            self._kept[derive] = derive(self)
        found: T = self._kept[derive]
        return found

    @cached_property
    def objects(self) -> tuple[Resource, ...]:
        """The cluster objects: everything but Kustomize's own files."""
        return tuple(r for r in self.resources if not r.index)

    @cached_property
    def _by_kind(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.objects:
            found.setdefault(resource.kind, []).append(resource)
        return found

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str, str], list[Resource]]:
        found: dict[tuple[str, str, str], list[Resource]] = {}
        for resource in self.objects:
            key = (resource.kind, resource.namespace, resource.name)
            found.setdefault(key, []).append(resource)
        return found

    def of_kind(self, kind: str, group: str | None = None) -> Iterator[Resource]:
        """The cluster objects of `kind`, of any group unless one is given."""
        for resource in self._by_kind.get(kind, ()):
            if group is None or resource.group == group:
                yield resource

    def named(
        self, kind: str, namespace: str, name: str, group: str | None = None
    ) -> Iterator[Resource]:
        """The cluster objects of this name, of any group unless one is given."""
        for resource in self._by_name.get((kind, namespace, name), ()):
            if group is None or resource.group == group:
                yield resource


def is_guessed(resource: Resource) -> bool:
    """Whether it is of a chart that nothing in the input delivers: its namespace is not known."""
    return resource.written is not None and resource.written.guessed
