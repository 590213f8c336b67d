#!lua
--[[ EXPIRE_BOOKINGS: let bookings lapse that nobody came for. Safe at any time, from any process.
  KEYS     the hall
  ARGV     nothing of its own
  Returns  {"expired"} how many
  Appends  Expired for each
  Cost     O(tickets of the day) ]]
-- include: hall

local early = opening()
if early then
  return early
end

local expired = 0
for _, raw in ipairs(redis.call('HVALS', TICKETS)) do
  local ticket = cjson.decode(raw)
  if ticket.state == 'booked' and now >= ticket.booked_for + BOOKING_GRACE_MS then
    move(ticket, { type = 'Expired' })
    expired = expired + 1
  end
end
return '{"expired":' .. expired .. '}'
