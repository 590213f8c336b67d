--[[ The hall: what every script knows. Put in front of each script by the loader, which also writes
     the constants above (FIELDS, IN_LINE, AT_DESK, ENDED, CALLS_VISITOR …) from tickets.py.

     KEYS   the fourteen keys of the office below, then its queues (keys.py: `hall`)
     ARGV   one JSON object, the command

     A script first decides, and only then writes: an error after the first write would leave half a
     move behind. `change` and `settle` have a twin in queue_service/hall.py, which rebuilds the same
     keys from the ledger; a test holds the two together. ]]

local LEDGER, HEAD, TICKETS, DESKS, SUSPENDED, NUMBERS = unpack(KEYS, 1, 6)
local COUNTERS, CALLS, FREED, TEXTS, DEFINITIONS, CLOCK, AUDIT, ANSWER = unpack(KEYS, 7, 14)
local QUEUES = {} -- "certificates:handover" -> its key
for i = 15, #KEYS do
  QUEUES[string.match(KEYS[i], ':queue:(.+)$')] = KEYS[i]
end

local command = cjson.decode(ARGV[1])

local fields = redis.call('HMGET', HEAD, 'seq', 'at', 'version', 'date')
local head = {
  seq = tonumber(fields[1] or 0),
  at = tonumber(fields[2] or 0),
  version = tonumber(fields[3] or 0),
  date = fields[4] or nil,
}

-- The office's time in ms. It never lies before the last entry, so a clock that steps back cannot
-- make the ledger go back.
local function clock()
  local time = redis.call('TIME')
  local ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  local simulated = redis.call('GET', CLOCK)
  if simulated then
    local c = cjson.decode(simulated)
    ms = math.floor(c.start + (ms - c.from) * c.speed)
  end
  return math.max(ms, head.at)
end

local now = clock()

-- Replies ------------------------------------------------------------------------------------------

-- include: answers audit

-- Whether the caller knows the office as it is now: the definition's version and the business day.
local function out_of_date()
  if command.version ~= head.version then
    return '{"again":"office"}'
  end
  local day = command.day
  if not day or now < day.start or now >= day['end'] then
    return '{"again":"day","now":' .. string.format('%d', now) .. '}'
  end
  if not head.date or day.date > head.date then
    return '{"again":"close_day","date":' .. (head.date and '"' .. head.date .. '"' or 'null') .. '}'
  end
end

-- Every script begins so: `local early = opening(); if early then return early end`.
local function opening()
  return asked_before() or out_of_date()
end

-- Tickets and desks --------------------------------------------------------------------------------

-- JSON with the fields in a fixed order, so that equal tickets have equal bytes.
local function encode(record, order)
  local parts = {}
  for _, name in ipairs(order) do
    local value = record[name]
    if value ~= nil then
      parts[#parts + 1] = '"' .. name .. '":' .. cjson.encode(value)
    end
  end
  return '{' .. table.concat(parts, ',') .. '}'
end

local function read_ticket(seq)
  local raw = seq and redis.call('HGET', TICKETS, seq)
  return raw and cjson.decode(raw) or nil
end

local function read_desk(id)
  local raw = redis.call('HGET', DESKS, id)
  return raw and cjson.decode(raw) or { status = 'closed' }
end

local function save_desk(id, desk)
  redis.call('HSET', DESKS, id, encode(desk, DESK_FIELDS))
end

local function queue_of(ticket)
  return QUEUES[ticket.service .. ':' .. ticket.stage]
end

-- A member of a queue: padded, so that of two tickets with one place the earlier number goes first.
local function member(seq)
  return string.format('%012d', seq)
end

-- How many people of the same service will be called before this ticket; nil when it is not in line.
local function people_ahead(ticket)
  if not IN_LINE[ticket.state] then
    return 'null'
  end
  local ahead = redis.call('ZRANK', queue_of(ticket), member(ticket.seq))
  for stage in pairs(CALLS_VISITOR) do
    if stage ~= ticket.stage then
      local key, place = QUEUES[ticket.service .. ':' .. stage], string.format('%d', ticket.place)
      ahead = ahead + redis.call('ZCOUNT', key, '-inf', '(' .. place)
      for _, other in ipairs(redis.call('ZRANGEBYSCORE', key, place, place)) do
        ahead = ahead + (other < member(ticket.seq) and 1 or 0)
      end
    end
  end
  return ahead
end

local function shown(ticket)
  return '{"ticket":' .. encode(ticket, FIELDS) .. ',"ahead":' .. people_ahead(ticket) .. '}'
end

local function refuse(code, ticket)
  local detail = ticket and ',"shown":' .. shown(ticket) or ''
  return '{"error":{"code":"' .. code .. '"' .. detail .. '}}'
end

-- Writing ------------------------------------------------------------------------------------------

-- Appends an event; its id is the next number of the office.
local function record(event)
  head.seq = head.seq + 1
  event.at = event.at or now
  head.at = math.max(head.at, event.at)
  redis.call('XADD', LEDGER, head.seq .. '-0', 'event', cjson.encode(event))
  redis.call('HSET', HEAD, 'seq', head.seq, 'at', string.format('%d', head.at))
  audit('entry', head.seq)
  return head.seq
end

-- What each event changes in its ticket. Twin: hall.py `changed`.
local change = {}

local function back_in_line(ticket, event)
  ticket.state = ticket.stage == ticket.stages[1] and 'waiting' or 'ready'
  ticket.place, ticket.desk = event.place, nil
end

local function join(ticket, service, event)
  ticket.service, ticket.stages, ticket.stage = service, event.stages, event.stages[1]
  ticket.started_at = nil
  back_in_line(ticket, event)
end

function change.CheckedIn(ticket, event)
  ticket.arrived_at = event.at
  back_in_line(ticket, event)
end

function change.Called(ticket, event)
  ticket.state, ticket.desk, ticket.started_at = 'called', event.desk, nil
  ticket.calls, ticket.called_at, ticket.call_entry = (ticket.calls or 0) + 1, event.at, ticket.entry
end

function change.Recalled(ticket, event)
  ticket.calls, ticket.called_at, ticket.call_entry = ticket.calls + 1, event.at, ticket.entry
end

function change.ServeStarted(ticket, event)
  ticket.state, ticket.started_at = 'serving', event.at
end

function change.StageFinished(ticket, event)
  ticket.stage, ticket.desk, ticket.started_at = event.next, nil, nil
  ticket.state = 'processing'
  if event.place then
    ticket.state, ticket.place = 'ready', event.place
  end
end

function change.LegFinished(ticket, event)
  table.remove(ticket['then'], 1)
  if #ticket['then'] == 0 then
    ticket['then'] = nil -- an empty table would be written as {}
  end
  join(ticket, event.next_service, event)
end

function change.Finished(ticket, event)
  ticket.state, ticket.started_at, ticket.finished_at = 'finished', event.started_at, event.at
end

function change.NoShow(ticket)
  ticket.state = 'no_show'
end

function change.Parked(ticket)
  ticket.state, ticket.desk = 'parked', nil
end

change.Resumed = back_in_line
change.Returned = back_in_line

function change.Transferred(ticket, event)
  join(ticket, event.to, event)
end

function change.Cancelled(ticket)
  ticket.state = 'cancelled'
end

function change.Expired(ticket)
  ticket.state = 'expired'
end

function change.Reprinted() end

function change.ItemsSet(ticket, event)
  ticket.items = event.items
end

function change.PrioritySet(ticket, event)
  ticket.priority, ticket.place = event.priority, event.place
end

function change.NeedsSet(ticket, event)
  ticket.needs = event.needs
end

-- Brings queue, desk and number in step with what a ticket was and now is. Twin: hall.py `settle`.
local function settle(old, new)
  if IN_LINE[old.state] then
    redis.call('ZREM', queue_of(old), member(old.seq))
  end
  if IN_LINE[new.state] then
    redis.call('ZADD', queue_of(new), string.format('%d', new.place), member(new.seq))
  end
  if AT_DESK[old.state] and not (AT_DESK[new.state] and old.desk == new.desk) then
    local desk = read_desk(old.desk)
    desk.ticket = nil
    save_desk(old.desk, desk)
  end
  if AT_DESK[new.state] then
    local desk = read_desk(new.desk)
    desk.ticket = new.seq
    save_desk(new.desk, desk)
  end
  if ENDED[new.state] and new.state ~= 'no_show' then -- a no-show may come back with its number
    redis.call('HDEL', NUMBERS, new.number)
  else
    redis.call('HSET', NUMBERS, new.number, new.seq)
  end
  redis.call('HSET', TICKETS, new.seq, encode(new, FIELDS))
end

-- Makes a move: appends its event and brings every key in step with it.
local function move(ticket, event)
  local before = encode(ticket, FIELDS)
  event.ticket, event.number, event.date = ticket.seq, ticket.number, ticket.date
  ticket.entry = record(event)
  change[event.type](ticket, event)
  settle(cjson.decode(before), ticket)
  if event.desk then -- the desk's latest move, which it may take back
    local desk = read_desk(event.desk)
    desk.last = { ticket.entry, event.at, ticket.seq, before }
    save_desk(event.desk, desk)
  end
end
