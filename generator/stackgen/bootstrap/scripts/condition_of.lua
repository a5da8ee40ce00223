local health = {status = "Progressing", message = "has no condition NAME yet"}
local now = obj.metadata ~= nil and obj.metadata.generation or nil
local list = obj.status ~= nil and obj.status.LIST or {}
local good = 0
for _, item in ipairs(list) do
  for _, condition in ipairs(item.conditions or {}) do
    local about = condition.observedGeneration
    if condition.type == "NAME" and (about == nil or about == now) then
      health.message = condition.message or condition.reason or ""
      if condition.status == "True" then
        good = good + 1
      end
    end
  end
end
if #list > 0 and good == #list then
  health.status = "Healthy"
end
return health
