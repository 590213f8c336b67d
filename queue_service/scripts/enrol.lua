#!lua
--[[ ENROL: exchange a code for a key. Of two devices with one code one gets the key.

  A code is worth guessing only if many guesses are answered. Wrong ones are counted in two buckets, one
  of where they come from and one of all; while either is full nothing is looked at, be it right or wrong.
  Buckets run out by themselves, and no code is lost by them: whoever floods a door shuts his own
  first, and nobody's for ever.
  KEYS     access
  ARGV     offer id record pepper reply there all (there, all: burst, and ms until one runs out)
  Returns  the reply | {"error": unknown_code} | {"error": too_many_codes, "wait": ms}
  Appends  no entry
  Cost     O(1) ]]
-- include: access

local early = asked_before()
if early then
  return early
end

local now = clock()

-- When a bucket will be empty. It holds `burst` at most, whatever the clock did meanwhile.
local function empty_at(key, bucket)
  local at = tonumber(redis.call('GET', key) or now)
  return math.max(now, math.min(at, now + bucket.burst * bucket.every))
end

-- After how many ms there is room for one more.
local function wait(key, bucket)
  return empty_at(key, bucket) - now - (bucket.burst - 1) * bucket.every
end

local function count(key, bucket)
  local at = empty_at(key, bucket) + bucket.every
  redis.call('SET', key, string.format('%d', at), 'PX', at - now)
end

local ms = math.max(wait(WRONG_THERE, command.there), wait(WRONG, command.all))
if ms > 0 then
  return '{"error":{"code":"too_many_codes"},"wait":' .. string.format('%d', ms) .. '}'
end

if not command.offer or redis.call('GET', CODE) ~= command.offer then
  count(WRONG_THERE, command.there)
  count(WRONG, command.all)
  return '{"error":{"code":"unknown_code"}}'
end

redis.call('DEL', CODE)
keep_key()
return answer(command.reply)
