#!lua flags=no-writes
--[[ SNAPSHOT: read what a board shows, as of one entry.
  KEYS     the hall
  ARGV     nothing of its own
  Returns  {"as_of", "at", "calls", "held", "ready", "waiting", "suspended", "desks",
           "texts", "version", "issued"}
  Appends  nothing
  Cost     O(desks + queues + tickets that are ready) ]]
-- include: hall

local early = opening()
if early then
  return early
end

local function list(parts)
  return '[' .. table.concat(parts, ',') .. ']'
end

local desks, held = {}, {}
local all = redis.call('HGETALL', DESKS)
for i = 1, #all, 2 do
  desks[#desks + 1] = '"' .. all[i] .. '":' .. all[i + 1]
  local seq = cjson.decode(all[i + 1]).ticket
  if seq then
    held[#held + 1] = redis.call('HGET', TICKETS, seq)
  end
end

local waiting, ready = {}, {}
for name, key in pairs(QUEUES) do
  waiting[#waiting + 1] = '"' .. name .. '":' .. redis.call('ZCARD', key)
  if string.match(name, ':handover$') then
    for _, seq in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      local ticket = read_ticket(string.format('%d', tonumber(seq)))
      if ticket.state == 'ready' then
        ready[#ready + 1] = encode(ticket, FIELDS)
      end
    end
  end
end

local suspended, texts = {}, {}
for _, service in ipairs(redis.call('HKEYS', SUSPENDED)) do
  suspended[#suspended + 1] = '"' .. service .. '"'
end
local written = redis.call('HGETALL', TEXTS)
for i = 1, #written, 2 do
  texts[#texts + 1] = '"' .. written[i] .. '":' .. written[i + 1]
end

local issued = {}
local counted = redis.call('HGETALL', COUNTERS)
for i = 1, #counted, 2 do
  local service = string.match(counted[i], '^issued:(.+)$')
  if service then
    issued[#issued + 1] = '"' .. service .. '":' .. counted[i + 1]
  end
end

return string.format(
  '{"as_of":%d,"at":%d,"version":%d,"issued":{%s},"calls":%s,"held":%s,"ready":%s,"waiting":{%s},"suspended":%s,"desks":{%s},"texts":{%s}}',
  head.seq,
  now,
  head.version,
  table.concat(issued, ','),
  list(redis.call('LRANGE', CALLS, 0, -1)),
  list(held),
  list(ready),
  table.concat(waiting, ','),
  list(suspended),
  table.concat(desks, ','),
  table.concat(texts, ',')
)
