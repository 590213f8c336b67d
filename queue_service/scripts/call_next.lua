#!lua
--[[ CALL_NEXT: hand the best waiting ticket to a desk.
  KEYS     the hall
  ARGV     desk services desk_services desk_stages
  Returns  {"ticket", "ahead"} | {} when nobody waits | {"error": desk_busy}
  Appends  DeskChanged when the desk was not open; Called when somebody waits
  Cost     O(services of the desk + log n) ]]
-- include: hall line

local early = opening()
if early then
  return early
end

local desk = read_desk(command.desk)
if desk.ticket then
  return refuse('desk_busy', read_ticket(desk.ticket))
end

local ticket = next_for(desk)
open(command.desk)
if not ticket then
  return answer('{"ahead":null}')
end
call(ticket, command.desk)
return answer(shown(ticket))
