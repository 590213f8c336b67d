#!lua
--[[ SET_SERVICE: suspend a service or open it again.
  KEYS     the hall
  ARGV     service status message
  Returns  {}
  Appends  ServiceChanged, unless nothing changes
  Cost     O(1) ]]
-- include: hall

local early = opening()
if early then
  return early
end

local suspended = redis.call('HEXISTS', SUSPENDED, command.service) == 1
local text = 'service:' .. command.service
local message = redis.call('HGET', TEXTS, text) or nil
if suspended ~= (command.status == 'suspended') or message ~= command.message then
  record({ type = 'ServiceChanged', service = command.service, status = command.status })
  if command.status == 'suspended' then
    redis.call('HSET', SUSPENDED, command.service, 1)
  else
    redis.call('HDEL', SUSPENDED, command.service)
  end
  if command.message then
    redis.call('HSET', TEXTS, text, command.message)
  else
    redis.call('HDEL', TEXTS, text)
  end
end
return answer('{"ahead":null}')
