#!lua
--[[ TAKE: take some of what may be asked for at a time; as many as there are, none when there are none.
  KEYS     madoguchi:limit:… (a string: when the bucket will be full again, ms)
  ARGV     burst each wanted (each: ms after which one more may be taken)
  Returns  {"granted": n, "wait": ms until there is one again}
  Appends  nothing
  Cost     O(1) ]]

local command = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local full = tonumber(redis.call('GET', KEYS[1])) or now
if full < now then
  full = now
end
-- Each one taken moves the moment when the bucket is full by `each`; it holds `burst` at most.
local left = math.floor((now - full) / command.each) + command.burst
local granted = math.max(0, math.min(left, command.wanted))
if granted > 0 then
  full = full + granted * command.each
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil(full - now) + 1000)
end
local wait = math.max(0, math.ceil(full - now - (command.burst - 1) * command.each))
return cjson.encode({ granted = granted, wait = wait })
