"""The `kustomization.yaml` files: one a folder, listing its files in order, and one for the whole.

Delivery objects have their own: they apply the layers, so they are no part of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackgen.layers.folders import Folders
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.origin import Origin

API = "kustomize.config.k8s.io/v1beta1"
DELIVERY = "delivery"
INDEX = "kustomization.yaml"


def index_files(
    resources: list[Resource], absent: Mapping[str, Origin], folders: Folders
) -> Iterator[Resource]:
    """An index for every folder that holds objects or folders, the root's last."""
    entries: dict[str, list[tuple[str, Origin]]] = {}
    for resource in resources:
        folder, _, name = resource.file.rpartition("/")
        entries.setdefault(folder, []).append((name, _presence(resource)))
        _link(entries, folder, folders)
    missing: dict[str, list[Origin]] = {}
    for file, origin in absent.items():
        missing.setdefault(file.rpartition("/")[0], []).append(origin)
    for folder in sorted(entries, key=lambda f: (f == "", f)):
        yield _index(folder, entries[folder], missing.get(folder, []))


def _link(entries: dict[str, list[tuple[str, Origin]]], folder: str, folders: Folders) -> None:
    """Enter the folder into its parent's list, and so on up."""
    while folder:
        parent, _, name = folder.rpartition("/")
        if parent == DELIVERY:
            return
        known = entries.setdefault(parent, [])
        if name not in (entry for entry, _ in known):
            # A folder of folders is always there: its parts do not depend on the same values.
            found = folders.get(folder)
            known.append((name, found.origin if found else Origin("computed", "folder")))
        folder = parent


def _presence(resource: Resource) -> Origin:
    """Why the file is there and has this name."""
    return resource.origins[("metadata", "name")]


def _index(folder: str, entries: list[tuple[str, Origin]], missing: list[Origin]) -> Resource:
    rule = Origin("rule", "index", "Kustomize reads the files in this order")
    origins: dict[Path, Origin] = {("apiVersion",): rule, ("kind",): rule}
    for i, (_, origin) in enumerate(entries):
        origins["resources", i] = Origin("computed", "index", rule.why, (rule, origin))
    absent: dict[Path, Origin] = {("resources", len(entries) + i): o for i, o in enumerate(missing)}
    data = {"apiVersion": API, "kind": "Kustomization", "resources": [name for name, _ in entries]}
    file = f"{folder}/{INDEX}" if folder else INDEX
    layer = folder.split("/", maxsplit=1)[0]
    return Resource(data, file, layer, origins, absent, index=True)
