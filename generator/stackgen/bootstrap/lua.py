"""Health of objects in Argo CD's terms: small Lua functions of `obj`."""

from __future__ import annotations

CONDITION = """\
local health = {status = "Progressing", message = "has no condition NAME yet"}
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, condition in ipairs(obj.status.conditions) do
    if condition.type == "NAME" then
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


def condition(name: str) -> str:
    """Healthy when the condition is True; until then in progress, with what it says."""
    return CONDITION.replace("NAME", name)


def application() -> str:
    """An Application is as healthy as what it applied; Argo CD leaves that out by itself."""
    return APPLICATION
