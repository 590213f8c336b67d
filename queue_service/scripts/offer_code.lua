#!lua
--[[ OFFER_CODE: let a device be enrolled with a code, once, for a while.
  KEYS     access
  ARGV     offer role office life reply
  Returns  the reply
  Appends  no entry
  Cost     O(1) ]]
-- include: access

local early = asked_before()
if early then
  return early
end

redis.call('SET', CODE, command.offer, 'PX', command.life)
note('offer_code', command.role)
return answer(command.reply)
