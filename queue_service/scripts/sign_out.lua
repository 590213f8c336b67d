#!lua
--[[ SIGN_OUT: end a session.
  KEYS     access
  ARGV     name office
  Returns  {}
  Appends  no entry
  Cost     O(1) ]]
-- include: access

if redis.call('DEL', SESSION) == 1 then
  note('sign_out', command.name)
end
return '{}'
