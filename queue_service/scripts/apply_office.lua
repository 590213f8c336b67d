#!lua
--[[ APPLY_OFFICE: bring a new version of the office definition into force.

  A definition that equals the one in force changes nothing. A service or desk that a live ticket
  still needs cannot be taken away.
  KEYS     the hall
  ARGV     definition services desks
  Returns  {"version"} | {"error": service_in_use, desk_in_use}
  Appends  OfficeChanged, unless nothing changes
  Cost     O(tickets of the day) ]]
-- include: hall

local early = asked_before()
if early then
  return early
end

if redis.call('HGET', DEFINITIONS, head.version) == command.definition then
  return answer('{"version":' .. head.version .. '}')
end

local function needed_service(ticket)
  if ENDED[ticket.state] and ticket.state ~= 'no_show' then
    return nil
  end
  if not command.services[ticket.service] then
    return ticket.service
  end
  for _, leg in ipairs(ticket['then'] or {}) do
    if not command.services[leg[1]] then
      return leg[1]
    end
  end
end

for _, raw in ipairs(redis.call('HVALS', TICKETS)) do
  local ticket = cjson.decode(raw)
  if needed_service(ticket) then
    return '{"error":{"code":"service_in_use","service":"' .. needed_service(ticket) .. '","number":"' .. ticket.number .. '"}}'
  end
  if AT_DESK[ticket.state] and not command.desks[ticket.desk] then
    return '{"error":{"code":"desk_in_use","desk":"' .. ticket.desk .. '","number":"' .. ticket.number .. '"}}'
  end
end

head.version = head.version + 1
redis.call('HSET', DEFINITIONS, head.version, command.definition)
redis.call('HSET', HEAD, 'version', head.version)
record({ type = 'OfficeChanged', version = head.version })
return answer('{"version":' .. head.version .. '}')
