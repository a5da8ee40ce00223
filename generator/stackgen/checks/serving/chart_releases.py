"""What the charts may make that scripts, Terraform and helmfile install."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.facts.object_references import plain_name
from stackgen.facts.shape import maps, text


def may_make(context: Context, kind: str, namespace: str, name: str) -> bool:
    """Whether a release of the namespace may have the object.

    It has Services of any names, as far as the chart is not read. The names of other objects begin
    with that of the release.
    """
    return any(
        space in ("", namespace) and (kind == "Service" or f"{name}-".startswith(f"{release}-"))
        for release, space in context.once(_releases)
    )


def is_named_after(context: Context, namespace: str, name: str) -> bool:
    """Whether a release that may be in the namespace gives objects names that begin like this."""
    return any(
        space in ("", namespace) and f"{name}-".startswith(f"{release}-")
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
