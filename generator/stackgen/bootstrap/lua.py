"""Health of objects in Argo CD's terms: small Lua functions of `obj`."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row

# As Flux does: what is said about an older generation of the object does not count.
CONDITION = """\
local health = {status = "Progressing", message = "has no condition NAME yet"}
local seen = obj.status ~= nil and obj.status.observedGeneration or nil
local now = obj.metadata ~= nil and obj.metadata.generation or nil
if obj.status ~= nil and obj.status.conditions ~= nil and (seen == nil or seen == now) then
  for _, condition in ipairs(obj.status.conditions) do
    local about = condition.observedGeneration
    if condition.type == "NAME" and (about == nil or about == now) then
      health.message = condition.message or condition.reason or ""
      if condition.status == "True" then
        health.status = "Healthy"
      end
    end
  end
end
return health
"""

APPLICATION = """\
local health = {status = "Progressing", message = ""}
if obj.status ~= nil and obj.status.health ~= nil then
  health.status = obj.status.health.status or health.status
  health.message = obj.status.health.message or ""
end
return health
"""


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
            own = APPLICATION if name == "Application.argoproj.io" else _condition(row)
            found[f"{group}_{kind}"] = own
    return dict(sorted(found.items()))


def _condition(row: Row) -> str:
    return CONDITION.replace("NAME", row.data["condition"])
