-- Who is next, and how a ticket is called to a desk.

-- The ticket with the earliest place in these services, or nil. `stages` narrows a desk to some.
local function next_in_line(services, stages)
  local wanted = CALLS_VISITOR
  if stages then
    wanted = {}
    for _, stage in ipairs(stages) do
      wanted[stage] = true
    end
  end
  local best, best_place
  for _, service in ipairs(services) do
    for stage in pairs(wanted) do
      local queue = QUEUES[service .. ':' .. stage]
      local first = queue and redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES') or {}
      local place = tonumber(first[2])
      if place and (not best or place < best_place or (place == best_place and first[1] < best)) then
        best, best_place = first[1], place
      end
    end
  end
  return best and read_ticket(string.format('%d', tonumber(best)))
end

-- The next ticket for a desk: of the services asked for, else those it serves now, else its own.
local function next_for(desk)
  return next_in_line(command.services or desk.services or command.desk_services, command.desk_stages)
end

-- Opens a desk that is closed or on a break: whoever calls is there.
local function open(id)
  local desk = read_desk(id)
  if desk.status ~= 'open' then
    desk.status = 'open'
    record({ type = 'DeskChanged', desk = id, status = 'open', services = desk.services })
    save_desk(id, desk)
  end
end

-- Puts one call on the list of the latest, newest first.
local function announce(ticket, recall)
  local call = {
    entry_id = ticket.call_entry,
    ticket = ticket.seq,
    number = ticket.number,
    desk = ticket.desk,
    service = ticket.service,
    stage = ticket.stage,
    called_at = ticket.called_at,
    recall = recall,
  }
  redis.call('LPUSH', CALLS, encode(call, CALL_FIELDS))
  redis.call('LTRIM', CALLS, 0, CALLS_KEPT - 1)
end

local function call(ticket, desk)
  move(ticket, { type = 'Called', desk = desk, service = ticket.service, stage = ticket.stage })
  announce(ticket, false)
end
