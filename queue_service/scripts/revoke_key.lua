#!lua
--[[ REVOKE_KEY: take a key back.
  KEYS     access
  ARGV     id office reply
  Returns  the reply | {"error": unknown_key}
  Appends  no entry
  Cost     O(1) ]]
-- include: access

local early = asked_before()
if early then
  return early
end

redis.call('HDEL', USED, command.id)
if redis.call('HDEL', HELD, command.id) == 0 then
  return '{"error":{"code":"unknown_key"}}'
end
note('revoke_key', command.id)
return answer(command.reply)
