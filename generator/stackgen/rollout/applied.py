"""What a folder of a repository applies: the objects that its Kustomize files list."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from stackgen.facts.shape import as_dict, as_list
from stackgen.manifest.own_repository import own_repository
from stackgen.manifest.resource import Resource

INDEXES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_DEPTH = 32  # of folders that refer to folders


class Folders:
    """The objects of a bundle by their files. objects: those a cluster takes, in order.

    lists: the fields of a kustomization that are followed.
    """

    def __init__(
        self, resources: Iterable[Resource], lists: tuple[str, ...] = ("resources",)
    ) -> None:
        self._lists = lists
        self.objects: list[Resource] = []
        self._files: dict[str, list[Resource]] = {}
        self._indexes: dict[str, Resource] = {}
        self._inside: dict[str, list[str]] = {}
        for resource in resources:
            file = posixpath.normpath(resource.file) if resource.file else ""
            folder, _, name = file.rpartition("/")
            if resource.index or resource.group == "kustomize.config.k8s.io":
                if name in INDEXES:
                    self._indexes[folder] = resource
                continue
            if not resource.kind or not resource.file:
                continue
            self.objects.append(resource)
            if file not in self._files:
                self._inside.setdefault(folder, []).append(file)
            self._files.setdefault(file, []).append(resource)
        self._folders = sorted({*self._inside, *self._indexes})
        absolute = {one.startswith("/") for one in self._folders}
        common = posixpath.commonpath(self._folders) if len(absolute) == 1 else ""
        self._above_all = f"{common}/"
        self._with: dict[str, list[str]] = {}  # folders by each name in their path
        for one in self._folders:
            for name in dict.fromkeys(one.split("/")):
                self._with.setdefault(name, []).append(one)
        self._skipped = 0
        self.repository = own_repository(self.objects)

    def settle(self, paths: Iterable[str]) -> None:
        """Find how many folders at the beginning of these paths are above what was given.

        Paths begin at the top of a repository. Manifests may be read from a folder inside of it.
        """
        known = [_parts(path) for path in paths]
        for skipped in range(max(map(len, known), default=0)):
            self._skipped = skipped
            if any(self._found(parts[skipped:]) for parts in known):
                return
        self._skipped = 0

    def below(self, path: str, deep: bool = True) -> tuple[Resource, ...] | None:
        """What a path inside the repository applies; None when nothing of the bundle is there.

        deep: also what the folders in a folder without an index hold.
        """
        found = self._found(_parts(path)[self._skipped :])
        if len(found) == 1:
            if not deep and found[0] not in self._indexes:
                return tuple(self._all(found, 0))
            return tuple(self._of(found[0], 0))
        return tuple(self._all(found, 0)) if found else None

    def _found(self, parts: list[str]) -> list[str]:
        """The folder that a path means, or all folders inside of it when it holds no file itself.

        Files may be named from any folder above the repository's, so the end of a folder counts, if
        all that was given is in the same repository.
        """
        if not parts:
            return []
        wanted = "/".join(parts)
        near = self._with.get(parts[-1], ())
        roots = [
            f for f in near
            if f == wanted
            or (f.endswith(f"/{wanted}") and self._above_all.startswith(f.removesuffix(wanted)))
        ]  # fmt: skip
        if roots:
            return [min(roots, key=len)]
        return [f for f in near if f"/{wanted}/" in f"/{f}/"]

    def _of(self, folder: str, depth: int) -> Iterator[Resource]:
        index = self._indexes.get(folder)
        if index is None:
            lead = f"{folder}/"
            inside = (one for one in self._folders if one == folder or one.startswith(lead))
            yield from self._all(inside, depth)
            return
        for entry in (one for word in self._lists for one in as_list(index.get(word))):
            if isinstance(entry, str) and depth < _DEPTH:
                target = posixpath.normpath(posixpath.join(folder, entry))
                if target in self._files:
                    yield from self._files[target]
                elif target in self._indexes and target != folder:
                    yield from self._of(target, depth + 1)

    def _all(self, folders: Iterable[str], depth: int) -> Iterator[Resource]:
        """What folders in order apply. One with an index says itself what is, also below it."""
        closed: list[str] = []
        for one in folders:
            if one.startswith(tuple(closed)):
                continue
            if one in self._indexes:
                closed.append(f"{one}/")
                yield from self._of(one, depth + 1)
            else:
                yield from self._listed(one)

    def _listed(self, folder: str) -> Iterator[Resource]:
        for file in self._inside.get(folder, ()):
            yield from self._files[file]


def is_replaced(resource: Resource) -> bool:
    """Whether the engine deletes and creates the object instead of changing it."""
    annotations = as_dict(resource.metadata.get("annotations"))
    options = str(annotations.get("argocd.argoproj.io/sync-options", ""))
    force = str(annotations.get("kustomize.toolkit.fluxcd.io/force", ""))
    return force.lower() == "enabled" or "Replace=true" in options


def _parts(path: str) -> list[str]:
    """The names in a path of a repository."""
    return [name for name in posixpath.normpath(path or ".").split("/") if name not in ("", ".")]
