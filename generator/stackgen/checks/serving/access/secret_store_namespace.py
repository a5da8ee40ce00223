"""A ClusterSecretStore whose credentials are in no certain namespace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path

_GROUP = "external-secrets.io"


def check(context: Context) -> Violations:
    """One finding for each reference to a Secret without a namespace."""
    for store in context.bundle.of_kind("ClusterSecretStore", _GROUP):
        provider: Path = ("spec", "provider")
        for path, ref in _refs(store.get(*provider), provider):
            if "namespace" not in ref:
                yield violation(
                    f"Secret {ref['name']} has no namespace, and a ClusterSecretStore is "
                    "cluster-scoped",
                    Place(store, path),
                )


def _refs(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """References to a key of a Secret: fields that end with SecretRef, with name and key."""
    for name, inner in as_dict(value).items():
        here = (*path, str(name))
        chosen = as_dict(inner)
        if str(name).endswith("SecretRef") and {"name", "key"} <= chosen.keys():
            yield here, chosen
        else:
            yield from _refs(inner, here)
