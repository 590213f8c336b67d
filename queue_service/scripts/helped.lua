#!lua
--[[ HELPED: count a visitor who was helped and needed no number.
  KEYS     the hall
  ARGV     service channel
  Returns  {}
  Appends  Helped
  Cost     O(1) ]]
-- include: hall

local early = opening()
if early then
  return early
end

record({ type = 'Helped', service = command.service, channel = command.channel, date = head.date })
return answer('{"ahead":null}')
