#!lua
--[[ SET_DESK: open, pause or close a desk, and choose the services it serves now.
  KEYS     the hall
  ARGV     desk status services
  Returns  {"desk"} | {"error": desk_busy}
  Appends  DeskChanged, unless nothing changes
  Cost     O(1) ]]
-- include: hall

local early = opening()
if early then
  return early
end

local desk = read_desk(command.desk)
if desk.ticket and command.status ~= 'open' then
  return refuse('desk_busy', read_ticket(desk.ticket))
end
local before = encode(desk, DESK_FIELDS)
desk.status, desk.services = command.status, command.services
local after = encode(desk, DESK_FIELDS)
if after ~= before then
  record({ type = 'DeskChanged', desk = command.desk, status = desk.status, services = desk.services })
  save_desk(command.desk, desk)
end
return answer('{"desk":' .. after .. '}')
