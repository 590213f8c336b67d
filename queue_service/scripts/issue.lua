#!lua
--[[ ISSUE: give a visitor a number, or write down that none could be given.
  KEYS     the hall
  ARGV     service stages then priority head_start needs language channel issuer items booked_for
           numbers limit spans
  Returns  {"ticket", "ahead"} | {"error": closed, suspended, full, past}
  Appends  Issued | Refused
  Cost     O(log n); O(size of the range) when it has wrapped and is nearly full ]]
-- include: hall

local early = opening()
if early then
  return early
end

local function closed(instant)
  if not command.spans then
    return false
  end
  for _, span in ipairs(command.spans) do
    if instant >= span[1] and instant < span[2] then
      return false
    end
  end
  return true
end

-- The next free number after the last one given; the range starts again over free numbers only.
local function free_figure()
  local range = command.numbers
  local size = range.last - range.first + 1
  local given = tonumber(redis.call('HGET', COUNTERS, 'last:' .. command.service) or range.first - 1)
  for step = 1, size do
    local figure = range.first + (given - range.first + step) % size
    local number = range.prefix .. string.format('%0' .. range.width .. 'd', figure)
    if redis.call('HEXISTS', NUMBERS, number) == 0 then
      return figure, number
    end
  end
end

local function refused()
  if closed(command.booked_for or now) then
    return 'closed'
  end
  if redis.call('HEXISTS', SUSPENDED, command.service) == 1 then
    return 'suspended'
  end
  local issued = tonumber(redis.call('HGET', COUNTERS, 'issued:' .. command.service) or 0)
  if command.limit and issued >= command.limit then
    return 'full'
  end
end

if command.booked_for and command.booked_for + BOOKING_GRACE_MS <= now then
  return refuse('past')
end

local reason = refused()
local figure, number
if not reason then
  figure, number = free_figure()
  reason = not figure and 'full' or nil
end
if reason then
  record({ type = 'Refused', service = command.service, reason = reason, channel = command.channel, date = head.date })
  return answer(refuse(reason)) -- remembered, so that one touch is one refusal
end

local event = {
  type = 'Issued',
  number = number,
  date = head.date,
  service = command.service,
  stages = command.stages,
  ['then'] = command['then'],
  priority = command.priority,
  needs = command.needs,
  language = command.language,
  channel = command.channel,
  issuer = command.issuer,
  items = command.items,
  booked_for = command.booked_for,
  place = not command.booked_for and now - command.head_start or nil,
  ticket = head.seq + 1,
}
record(event)
local ticket = {
  seq = event.ticket,
  number = number,
  date = event.date,
  state = event.place and 'waiting' or 'booked',
  service = event.service,
  stages = event.stages,
  stage = event.stages[1],
  place = event.place,
  ['then'] = event['then'],
  priority = event.priority,
  needs = event.needs,
  language = event.language,
  channel = event.channel,
  issuer = event.issuer,
  items = event.items,
  booked_for = event.booked_for,
  issued_at = event.at,
  arrived_at = event.place and event.at or nil,
  entry = event.ticket,
}
redis.call('HSET', COUNTERS, 'last:' .. command.service, figure)
redis.call('HINCRBY', COUNTERS, 'issued:' .. command.service, 1)
settle({ seq = ticket.seq, state = 'new' }, ticket)
return answer(shown(ticket))
