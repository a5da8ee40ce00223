"""What the charts may make that scripts, Terraform and helmfile install."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.facts.object_references import plain_name
from stackgen.facts.shape import maps, text


def may_make(context: Context, kind: str, namespace: str, name: str, *, hinted: bool) -> bool:
    """Whether a release of the namespace may have the object.

    It has Services of any names, as far as the chart is not read. The names of other objects begin
    with that of the release. hinted: the input has one of this name elsewhere.
    """
    any_name = kind == "Service" and not hinted
    return any(
        space in ("", namespace) and (any_name or f"{name}-".startswith(f"{release}-"))
        for release, space in context.once(_releases)
    )


def _releases(context: Context) -> frozenset[tuple[str, str]]:
    """Name and namespace of each; the namespace is "" where it is not known."""
    return frozenset(_named(context))


def _named(context: Context) -> Iterator[tuple[str, str]]:
    for one in context.bundle.outside:
        if one.kind == "HelmInstall" and plain_name(one.name):
            yield one.name, one.namespace if plain_name(one.namespace) else ""
    for file in context.bundle.settings:
        for _, release in maps(file.get("releases")):
            name, space = text(release.get("name")), text(release.get("namespace"))
            if text(release.get("chart")) and plain_name(name):
                yield name, space if plain_name(space) else ""
