"""Health of objects in Argo CD's terms: small Lua functions of `obj`."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.manifest.shipped import shipped_text


def checks(catalog: Catalog) -> dict[str, str]:
    """The checks by Argo CD's name of the kind: those that it does not have, or left out.

    Until the condition is true the object is in progress.
    """
    found = {}
    for name in catalog.names("readiness"):
        kind, _, group = name.partition(".")
        row = catalog.copy().readiness(group, kind)
        if row is not None and row.data["argocd"] == "bootstrap":
            # An Application is as healthy as what it applied.
            application = shipped_text(__file__, "scripts/application.lua")
            own = application if name == "Application.argoproj.io" else _condition(row)
            found[f"{group}_{kind}"] = own
    return dict(sorted(found.items()))


def _condition(row: Row) -> str:
    # As Flux does: what is said about an older generation of the object does not count.
    text = shipped_text(__file__, "scripts/condition.lua")
    return text.replace("NAME", row.data["condition"])
