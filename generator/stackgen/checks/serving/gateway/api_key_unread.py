"""A Secret with an API key that Authorino does not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.gateway.access_policies import KUADRANT, parts, policies
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

# Source: Kuadrant/authorino v0.27.0 docs/features.md, API key; main.go, --secret-label-selector.
_LABEL, _OWNER, _ENTRY = "authorino.kuadrant.io/managed-by", "authorino", "api_key"


def check(context: Context) -> Violations:
    """Secrets, and those that an ExternalSecret makes, against the selectors of AuthPolicies."""
    selectors = list(_selectors(context))
    if not selectors:
        return
    spaces = {one.namespace for one in context.bundle.of_kind("Kuadrant", KUADRANT)}
    plain_selectors = all(map(_is_plain, selectors))
    for secret, path, meta, entries in _secrets(context):
        labels = as_dict(meta.get("labels"))
        mine = [one for one in selectors if _matches(one, labels)]
        marked = labels.get(_LABEL) == _OWNER
        here = Place(secret, (*path, "labels") if labels else (*path, "name"), key=bool(labels))
        if mine and not marked:
            yield violation(
                f"Secret {secret.name} has no label {_LABEL}: {_OWNER}, so Authorino does not "
                "read it",
                here,
            )
        elif marked and not mine and plain_selectors and _ENTRY in entries:
            yield violation(
                f"no AuthPolicy in the manifests selects Secret {secret.name} by its labels", here
            )
        elif mine and entries and not {_ENTRY, *_named(mine)} & entries:
            yield violation(
                f"Secret {secret.name} has no entry {_ENTRY}, but {', '.join(sorted(entries))}",
                here,
            )
        elif mine and spaces and secret.namespace not in spaces and not _everywhere(mine):
            yield violation(
                f"Secret {secret.name} is in namespace {secret.namespace or 'default'}, and "
                f"Authorino reads keys in {', '.join(sorted(spaces))}",
                Place(secret, ("metadata", "namespace")),
            )


def _selectors(context: Context) -> Iterator[dict[str, Any]]:
    for policy in policies(context, "AuthPolicy"):
        for _, rules in parts(policy, "rules", "authentication"):
            for rule in rules.values():
                key = at(rule, "apiKey")
                if isinstance(key, dict):
                    yield key


def _matches(key: dict[str, Any], labels: dict[str, Any]) -> bool:
    selector = as_dict(key.get("selector"))
    wanted = as_dict(selector.get("matchLabels"))
    # Expressions are not judged.
    return bool(wanted) and wanted.items() <= labels.items()


def _is_plain(key: dict[str, Any]) -> bool:
    """The selector is labels alone; an empty one selects every Secret."""
    selector = as_dict(key.get("selector"))
    return bool(as_dict(selector.get("matchLabels"))) and not selector.get("matchExpressions")


def _named(keys: list[dict[str, Any]]) -> set[str]:
    """Names in the expressions that tell which entries are keys."""
    texts = [str(one) for key in keys for one in as_list(key.get("keySelectors"))]
    return {word for one in texts for word in one.replace('"', "'").split("'")[1::2]} | set(texts)


def _everywhere(keys: list[dict[str, Any]]) -> bool:
    return any(key.get("allNamespaces") is True for key in keys)


def _secrets(
    context: Context,
) -> Iterator[tuple[Resource, Path, dict[str, Any], set[str]]]:
    """Each Secret: where its metadata are, and its entries as far as they are known."""
    for secret in context.bundle.of_kind("Secret", ""):
        entries = {*as_dict(secret.get("data")), *as_dict(secret.get("stringData"))}
        yield secret, ("metadata",), secret.metadata, {str(one) for one in entries}
    for made in context.bundle.of_kind("ExternalSecret", "external-secrets.io"):
        path: Path = ("spec", "target", "template", "metadata")
        meta = as_dict(made.get(*path))
        names = {text(one.get("secretKey")) for _, one in maps(made.get("spec", "data"))}
        if made.get("spec", "target", "template", "data") or made.get("spec", "dataFrom"):
            names = set()
        if meta:
            yield made, path, meta, names
