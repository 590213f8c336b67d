#!lua
--[[ RELEASE_AND_CALL_NEXT: end what a desk is doing and call the next ticket, in one step.

  A desk that no longer holds the ticket is told so and nothing happens: the second press of a double
  click never ends the visit of the person just called.
  KEYS     the hall
  ARGV     desk ticket move allowed head_starts services desk_services desk_stages
  Returns  {"released", "called"} | {"error": unknown_ticket, stale, illegal_move}
  Appends  the event of the move; DeskChanged when the desk was not open; Called when somebody waits
  Cost     O(services of the desk + log n) ]]
-- include: hall moves line

local early = opening()
if early then
  return early
end

local ticket = read_ticket(command.ticket)
if not ticket then
  return refuse('unknown_ticket')
end
local desk = read_desk(command.desk)
if desk.ticket ~= ticket.seq then
  return refuse('stale', read_ticket(desk.ticket))
end
local name = command.move or (next_stage(ticket) and 'finish-stage' or 'finish')
if not may(ticket, name) then
  return refuse('illegal_move', ticket)
end

local event = event_of[name](ticket)
if name == 'finish' or name == 'finish-stage' then
  event.by_next = true -- an end that nobody pressed for its own sake may have been forgotten
end
move(ticket, event)
local released = shown(ticket)
local called = next_for(desk)
open(command.desk)
if called then
  call(called, command.desk)
end
return answer('{"released":' .. released .. ',"called":' .. (called and shown(called) or 'null') .. '}')
