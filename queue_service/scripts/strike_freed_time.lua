#!lua
--[[ STRIKE_FREED_TIME: let a use of freed time no longer count. Its entry stays.
  KEYS     the hall
  ARGV     entry
  Returns  {"entry", "count", "use"} | {"error": unknown_entry, already_struck}
  Appends  FreedTimeStruck
  Cost     O(1) ]]
-- include: hall

local early = opening()
if early then
  return early
end

local use = redis.call('HGET', FREED, command.entry)
if not use then
  return refuse('unknown_entry')
end
if redis.call('HEXISTS', FREED, 'struck:' .. command.entry) == 1 then
  return refuse('already_struck')
end

local entry = record({ type = 'FreedTimeStruck', strikes = tonumber(command.entry) })
redis.call('HSET', FREED, 'struck:' .. command.entry, entry)
return answer('{"entry":' .. entry .. ',"count":1,"use":' .. use .. '}')
