#!lua flags=no-writes
--[[ LOOK: read one ticket as it is now.
  KEYS     the hall
  ARGV     ticket
  Returns  {"ticket", "ahead"} | {"error": unknown_ticket}
  Appends  nothing
  Cost     O(log n) ]]
-- include: hall

local early = opening()
if early then
  return early
end

local ticket = read_ticket(command.ticket)
return ticket and shown(ticket) or refuse('unknown_ticket')
