"""A release of helmfile that needs a release which the helmfile does not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource


def check(context: Context) -> Violations:
    """One finding for each name."""
    for helmfile in context.bundle.settings:
        releases = [one for _, one in maps(helmfile.get("releases"))]
        if releases and all(one.get("name") and one.get("chart") for one in releases):
            yield from _needs(helmfile, releases)


def _needs(helmfile: Resource, releases: list[dict[str, object]]) -> Violations:
    # `[context/][namespace/]name`; a release may have its namespace from the command line.
    known = {(text(one.get("namespace")), text(one.get("name"))) for one in releases}
    names = {name for _, name in known}
    if helmfile.get("bases") or not all(plain(space + name) for space, name in known):
        return
    for i, one in maps(helmfile.get("releases")):
        for j, wanted in enumerate(as_list(one.get("needs"))):
            space, _, name = text(wanted).rpartition("/")
            space = space.rpartition("/")[2]
            # Without one, it is the namespace of the release itself.
            spaces = {space} if space else {"", text(one.get("namespace"))}
            found = any((here, name) in known for here in spaces)
            if not name or not plain(text(wanted)) or found:
                continue
            others = sorted(s for s, n in known if n == name)
            if name not in names:
                said = "the helmfile has no release of this name"
            elif others[0]:
                said = f"the release is in namespace {others[0]}"
            else:
                continue
            yield violation(
                f"release {visible(text(one.get('name')))} needs {visible(text(wanted))}; {said}",
                Place(helmfile, ("releases", i, "needs", j)),
            )
