#!lua
--[[ MAKE_KEY: keep a key that was made.
  KEYS     access
  ARGV     id record office pepper reply
  Returns  the reply
  Appends  no entry
  Cost     O(1) ]]
-- include: access

local early = asked_before()
if early then
  return early
end

keep_key()
note('make_key', command.id)
return answer(command.reply)
