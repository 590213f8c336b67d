#!lua
--[[ UNDO: take back the latest move of a desk.

  Only the desk's latest move, only while nothing else has happened to that ticket, only for a minute,
  and only back to services and a desk that the definition still has.
  KEYS     the hall
  ARGV     ticket desks
  Returns  {"ticket", "ahead"} | {"error": unknown_ticket, nothing_to_undo}
  Appends  Undone
  Cost     O(desks + log n) ]]
-- include: hall

local early = opening()
if early then
  return early
end

local ticket = read_ticket(command.ticket)
if not ticket then
  return refuse('unknown_ticket')
end

-- The desk whose latest move was the latest entry of this ticket.
local function mover()
  local desks = redis.call('HGETALL', DESKS)
  for i = 1, #desks, 2 do
    local desk = cjson.decode(desks[i + 1])
    if desk.last and desk.last[1] == ticket.entry then
      return desks[i], desk
    end
  end
end

local id, desk = mover()
if not id or now - desk.last[2] > UNDO_WINDOW_MS then
  return refuse('nothing_to_undo', ticket)
end
local before = cjson.decode(desk.last[4])
local owner = tonumber(redis.call('HGET', NUMBERS, before.number) or before.seq)
if owner ~= before.seq then -- the range wrapped and the number was given to somebody else
  return refuse('nothing_to_undo', ticket)
end

local function served_here()
  local known = QUEUES[before.service .. ':reception'] and (not AT_DESK[before.state] or command.desks[before.desk])
  for _, leg in ipairs(before['then'] or {}) do
    known = known and QUEUES[leg[1] .. ':reception']
  end
  return known
end

if not served_here() then
  return refuse('nothing_to_undo', ticket)
end

local undone = ticket.entry
before.entry = record({
  type = 'Undone',
  ticket = ticket.seq,
  number = ticket.number,
  date = ticket.date,
  undoes = undone,
  desk = id,
})
settle(ticket, before)
desk = read_desk(id)
desk.last = nil
save_desk(id, desk)
for _, raw in ipairs(redis.call('LRANGE', CALLS, 0, -1)) do
  if cjson.decode(raw).entry_id == undone then
    redis.call('LREM', CALLS, 1, raw)
  end
end
return answer(shown(before))
