#!lua
--[[ SIGN_IN: begin a session of somebody who has proved who he is.

  What he proved it with must still hold: the person as it was read, and a second factor that nobody has
  used before.
  KEYS     access
  ARGV     name was record step session life pepper office reply (record: the person with a new password)
  Returns  the reply | {"error": wrong_sign_in}
  Appends  no entry
  Cost     O(1) ]]
-- include: access

local early = asked_before()
if early then
  return early
end

local used = tonumber(redis.call('HGET', STEPS, command.name) or 0)
if command.step and command.step <= used then
  return '{"error":{"code":"wrong_sign_in"}}'
end
if not keep_person(command.name, command.was, command.record or command.was) then
  return '{"error":{"code":"wrong_sign_in"}}'
end
if command.step then
  redis.call('HSET', STEPS, command.name, string.format('%d', command.step))
end
redis.call('SET', SESSION, command.session, 'PX', command.life)
note('sign_in', command.name)
return answer(command.reply)
