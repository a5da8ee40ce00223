"""An ExternalSecret in a namespace that its ClusterSecretStore does not permit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import selector

_GROUP = "external-secrets.io"


def check(context: Context) -> Violations:
    """One finding for each ExternalSecret."""
    stores = {
        one.name: [condition for _, condition in maps(one.get("spec", "conditions"))]
        for one in context.bundle.of_kind("ClusterSecretStore", _GROUP)
    }
    spaces = {one.name: one for one in context.bundle.of_kind("Namespace", "")}
    for secret in context.bundle.of_kind("ExternalSecret", _GROUP) if any(stores.values()) else ():
        for path, name in _stores(secret):
            conditions = stores.get(name, [])
            space = secret.namespace
            known = bool(conditions) and plain(space) and space
            if known and not any(_permits(one, space, spaces.get(space)) for one in conditions):
                yield violation(
                    f"ClusterSecretStore {visible(name)} does not permit namespace {space}",
                    Place(secret, path),
                )


def _stores(secret: Resource) -> Iterator[tuple[Path, str]]:
    """The ClusterSecretStores that an ExternalSecret names."""
    refs: list[tuple[Path, Any]] = [
        (("spec", "secretStoreRef"), secret.get("spec", "secretStoreRef"))
    ]
    for part in ("data", "dataFrom"):
        for i, one in maps(secret.get("spec", part)):
            path: Path = ("spec", part, i, "sourceRef", "storeRef")
            refs.append((path, as_dict(one.get("sourceRef")).get("storeRef")))
    for path, ref in refs:
        if as_dict(ref).get("kind") == "ClusterSecretStore":
            yield (*path, "name"), text(as_dict(ref).get("name"))


def _permits(condition: Mapping[str, Any], space: str, namespace: Resource | None) -> bool:
    """Whether a condition permits a namespace; true where that is not known."""
    if condition.get("namespaceRegexes"):
        return True
    names = [text(one) for one in as_list(condition.get("namespaces"))]
    if space in names or not all(map(plain, names)):
        return True
    wanted = condition.get("namespaceSelector")
    if not isinstance(wanted, dict):
        return False
    if namespace is None:
        return True
    labels = as_dict(namespace.metadata.get("labels"))
    given = {**labels, "kubernetes.io/metadata.name": space}
    return selector(wanted).matches(given) is not False
