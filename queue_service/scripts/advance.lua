#!lua
--[[ ADVANCE: make one move with one ticket.
  KEYS     the hall
  ARGV     ticket move allowed head_starts by service stages items priority needs
  Returns  {"ticket", "ahead"} | {"error": unknown_ticket, illegal_move}
  Appends  the event of the move
  Cost     O(log n) ]]
-- include: hall moves line

local early = opening()
if early then
  return early
end

local ticket = read_ticket(command.ticket)
if not ticket then
  return refuse('unknown_ticket')
end
if not may(ticket, command.move) then
  return refuse('illegal_move', ticket)
end
move(ticket, event_of[command.move](ticket))
if command.move == 'recall' then
  announce(ticket, true)
end
return answer(shown(ticket))
