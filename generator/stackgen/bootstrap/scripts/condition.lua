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
