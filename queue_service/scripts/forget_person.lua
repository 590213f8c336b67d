#!lua
--[[ FORGET_PERSON: let somebody sign in no more; sessions end with their person.
  KEYS     access
  ARGV     name office reply
  Returns  the reply | {"error": unknown_person}
  Appends  no entry
  Cost     O(1) ]]
-- include: access

local early = asked_before()
if early then
  return early
end

redis.call('HDEL', STEPS, command.name)
if redis.call('HDEL', PEOPLE, command.name) == 0 then
  return '{"error":{"code":"unknown_person"}}'
end
note('forget_person', command.name)
return answer(command.reply)
