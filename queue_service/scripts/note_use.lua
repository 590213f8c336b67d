#!lua
--[[ NOTE_USE: write down that a key was used. One that was taken back meanwhile stays gone.
  KEYS     access
  ARGV     id
  Returns  {}
  Appends  no entry
  Cost     O(1) ]]
-- include: access

if redis.call('HEXISTS', HELD, command.id) == 1 then
  redis.call('HSET', USED, command.id, clock())
end
return '{}'
