#!lua
--[[ SET_NOTICE: put up the office's notice, change it or take it down.
  KEYS     the hall
  ARGV     text
  Returns  {}
  Appends  NoticeChanged, unless nothing changes
  Cost     O(1) ]]
-- include: hall

local early = opening()
if early then
  return early
end

local before = redis.call('HGET', TEXTS, 'notice') or nil
if before ~= command.text then
  record({ type = 'NoticeChanged', shown = command.text ~= nil })
  if command.text then
    redis.call('HSET', TEXTS, 'notice', command.text)
  else
    redis.call('HDEL', TEXTS, 'notice')
  end
end
return answer('{"ahead":null}')
