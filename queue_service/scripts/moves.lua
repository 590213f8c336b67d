-- Which event a move makes of a ticket. Legality is not decided here: `command.allowed` says from
-- which states each move may start (tickets.MOVES).

-- The desk that holds the ticket, if one does.
local function holder(ticket)
  return AT_DESK[ticket.state] and ticket.desk or nil
end

-- The stage after the present one, or nil on the last.
local function next_stage(ticket)
  for i, stage in ipairs(ticket.stages) do
    if stage == ticket.stage then
      return ticket.stages[i + 1]
    end
  end
end

-- An overdue booking counts as expired, even before the sweep has written it down.
local function state_of(ticket)
  if ticket.state == 'booked' and now >= ticket.booked_for + BOOKING_GRACE_MS then
    return 'expired'
  end
  return ticket.state
end

local function may(ticket, name)
  for _, state in ipairs(command.allowed[name]) do
    if state == state_of(ticket) then
      return name ~= 'finish-stage' or next_stage(ticket) ~= nil
    end
  end
  return false
end

-- A place before everyone who waits in this office: whoever missed the call comes next.
local function front(ticket)
  local place = ticket.place
  for _, key in pairs(QUEUES) do
    local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if first[1] then
      place = math.min(place, tonumber(first[2]) - 1)
    end
  end
  return place
end

-- An event at the end of a serving. Nobody pressed start: it began with the last call, and says so.
local function served(ticket, event)
  event.desk, event.service, event.stage = holder(ticket), ticket.service, ticket.stage
  if ticket.state == 'called' then
    event.started_at, event.implied = ticket.called_at, true
  else
    event.started_at = ticket.started_at
  end
  return event
end

local function at_desk(type)
  return function(ticket)
    return { type = type, desk = ticket.desk, service = ticket.service, stage = ticket.stage }
  end
end

local event_of = {
  recall = at_desk('Recalled'),
  start = at_desk('ServeStarted'),
  ['no-show'] = at_desk('NoShow'),
}

event_of['check-in'] = function(ticket)
  return { type = 'CheckedIn', place = ticket.booked_for }
end

event_of['finish-stage'] = function(ticket)
  local upcoming = next_stage(ticket)
  local event = { type = 'StageFinished', next = upcoming }
  if CALLS_VISITOR[upcoming] then
    event.place = now - command.head_starts.handover
  end
  return served(ticket, event)
end

event_of.finish = function(ticket)
  local leg = ticket['then'] and ticket['then'][1]
  if not leg then
    return served(ticket, { type = 'Finished' })
  end
  local place = now - (command.head_starts[ticket.priority] or 0)
  return served(ticket, { type = 'LegFinished', next_service = leg[1], stages = leg[2], place = place })
end

event_of.park = function(ticket)
  return { type = 'Parked', desk = holder(ticket) }
end

event_of.resume = function(ticket)
  return { type = 'Resumed', place = ticket.place }
end

event_of['return'] = function(ticket)
  local place = ticket.state == 'no_show' and front(ticket) or ticket.place
  return { type = 'Returned', place = place, desk = holder(ticket) }
end

event_of.transfer = function(ticket)
  return {
    type = 'Transferred',
    service = ticket.service,
    to = command.service,
    stages = command.stages,
    place = ticket.place,
    desk = holder(ticket),
  }
end

event_of['set-items'] = function()
  return { type = 'ItemsSet', items = command.items }
end

event_of['set-priority'] = function(ticket)
  local place = ticket.place
  -- Only a place that was reckoned from an arrival moves with the class: not that of a booking, nor
  -- that of a later stage.
  if place and not ticket.booked_for and ticket.stage == ticket.stages[1] then
    place = place + (command.head_starts[ticket.priority] or 0) - command.head_starts[command.priority]
  end
  return { type = 'PrioritySet', priority = command.priority, place = place }
end

event_of['set-needs'] = function()
  return { type = 'NeedsSet', needs = command.needs }
end

event_of.cancel = function(ticket)
  return { type = 'Cancelled', by = command.by, desk = holder(ticket) }
end

event_of.reprint = function()
  return { type = 'Reprinted' }
end
