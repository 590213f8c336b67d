#!lua
--[[ USE_FREED_TIME: write down what freed time was used for, all of the uses or none.

  With `once`, a use is passed over for each equal one that stands already, struck or not: so a table can
  be taken in again when it has grown.
  KEYS     the hall
  ARGV     uses once dates (first, last, turns: the two local dates of the day, and when the last begins)
  Returns  {"entry", "count"} | {"error": not_yet}
  Appends  FreedTimeUsed for each use
  Cost     O(uses); with once O(all that were ever noted) ]]
-- include: hall

local early = opening()
if early then
  return early
end

local dates, standing, fresh = command.dates, {}, {}
if command.once then
  for _, raw in ipairs(redis.call('HVALS', FREED)) do
    standing[raw] = (standing[raw] or 0) + 1
  end
end
for _, raw in ipairs(command.uses) do
  local use = cjson.decode(raw)
  if use.used_on > (now < dates.turns and dates.first or dates.last) then
    return refuse('not_yet')
  end
  if (standing[raw] or 0) > 0 then
    standing[raw] = standing[raw] - 1
  else
    fresh[#fresh + 1] = { raw = raw, use = use }
  end
end

local first = head.seq + 1
for _, each in ipairs(fresh) do
  each.use.type = 'FreedTimeUsed'
  -- As it came: what Lua would write need not be the same bytes.
  redis.call('HSET', FREED, record(each.use), each.raw)
end
return answer('{"entry":' .. (#fresh > 0 and first or 'null') .. ',"count":' .. #fresh .. '}')
