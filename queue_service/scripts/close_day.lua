#!lua
--[[ CLOSE_DAY: end the business day in the ledger and begin the present one.

  What still waits expires, dated at the boundary; what is at a desk goes on. Called by the schedule or
  by the first touch of a new day; a day that is already closed is left alone.
  KEYS     the hall
  ARGV     closes closing (the day in the ledger, and its end)
  Returns  {"date"}
  Appends  Expired for each ticket that waited; DayClosed; DayOpened
  Cost     O(tickets of the day) ]]
-- include: hall

local day = command.day
if command.version ~= head.version then
  return '{"again":"office"}'
end
if now < day.start or now >= day['end'] then
  return '{"again":"day","now":' .. string.format('%d', now) .. '}'
end
-- Somebody else was first. Without the second half, whoever asked late would close the new day.
if command.closes ~= head.date or (head.date and day.date <= head.date) then
  return '{"date":' .. (head.date and cjson.encode(head.date) or 'null') .. '}'
end

local function live_tickets()
  local tickets = {}
  for _, raw in ipairs(redis.call('HVALS', TICKETS)) do
    local ticket = cjson.decode(raw)
    if not ENDED[ticket.state] then
      tickets[#tickets + 1] = ticket
    end
  end
  table.sort(tickets, function(a, b)
    return a.seq < b.seq
  end)
  return tickets
end

local staying = {} -- flat list of field and value
local busy = {}
local numbers = {}
if head.date then
  local closing = math.max(command.closing, head.at)
  for _, ticket in ipairs(live_tickets()) do
    if AT_DESK[ticket.state] then
      staying[#staying + 1] = ticket.seq
      staying[#staying + 1] = encode(ticket, FIELDS)
      numbers[#numbers + 1] = ticket.number
      numbers[#numbers + 1] = ticket.seq
      busy[ticket.desk] = ticket.seq
    else
      move(ticket, { type = 'Expired', at = closing })
    end
  end
  record({ type = 'DayClosed', date = head.date, at = closing })
end
record({ type = 'DayOpened', date = day.date })

-- The new day starts with what is still at the desks and nothing else. Twin: hall.py `open_day`.
local desks = {}
for id, seq in pairs(busy) do
  local desk = read_desk(id)
  desks[#desks + 1] = id
  desks[#desks + 1] = encode({ status = desk.status, services = desk.services, ticket = seq }, DESK_FIELDS)
end
redis.call('DEL', TICKETS, NUMBERS, COUNTERS, CALLS, DESKS)
if #staying > 0 then
  redis.call('HSET', TICKETS, unpack(staying))
  redis.call('HSET', NUMBERS, unpack(numbers))
  redis.call('HSET', DESKS, unpack(desks))
end
redis.call('HSET', HEAD, 'date', day.date)
return '{"date":"' .. day.date .. '"}'
