#!lua
--[[ CALL: call one chosen ticket to a desk, by its number or by itself.
  KEYS     the hall
  ARGV     desk number ticket allowed
  Returns  {"ticket", "ahead"} | {"error": desk_busy, unknown_ticket, illegal_move}
  Appends  DeskChanged when the desk was not open; Called
  Cost     O(log n) ]]
-- include: hall moves line

local early = opening()
if early then
  return early
end

local ticket = read_ticket(command.ticket or redis.call('HGET', NUMBERS, command.number))
if not ticket then
  return refuse('unknown_ticket')
end
local desk = read_desk(command.desk)
if desk.ticket then
  return refuse('desk_busy', read_ticket(desk.ticket))
end
if not may(ticket, 'call') then
  return refuse('illegal_move', ticket)
end
open(command.desk)
call(ticket, command.desk)
return answer(shown(ticket))
