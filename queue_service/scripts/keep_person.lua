#!lua
--[[ KEEP_PERSON: let somebody sign in from now on, or otherwise than so far.
  KEYS     access
  ARGV     name was record pepper office did reply (was: what is known of the name; absent: nothing)
  Returns  the reply | {"error": person_exists}
  Appends  no entry
  Cost     O(1) ]]
-- include: access

local early = asked_before()
if early then
  return early
end

if not keep_person(command.name, command.was, command.record) then
  return '{"error":{"code":"person_exists"}}'
end
note(command.did, command.name)
return answer(command.reply)
