#!lua flags=no-writes
--[[ LIST: read all tickets of the day.
  KEYS     the hall
  ARGV     nothing of its own
  Returns  {"tickets": [{"ticket", "ahead"}]} in no order
  Appends  nothing
  Cost     O(tickets of the day) ]]
-- include: hall

local early = opening()
if early then
  return early
end

local tickets = {}
for _, raw in ipairs(redis.call('HVALS', TICKETS)) do
  tickets[#tickets + 1] = shown(cjson.decode(raw))
end
return '{"tickets":[' .. table.concat(tickets, ',') .. ']}'
