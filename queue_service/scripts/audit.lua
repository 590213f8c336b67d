--[[ Audit: who did what, for those who have to answer for it; written in the same step as what was done.
     Put where a script names it; needs `command` and AUDIT, the key. What is a year old is dropped as more
     comes. ]]

-- Notes what was done, if somebody is known to have done it.
local function audit(...)
  if command.actor then
    local oldest = (tonumber(redis.call('TIME')[1]) - AUDIT_KEPT_S) * 1000
    redis.call('XADD', AUDIT, 'MINID', '~', string.format('%d', oldest), '*', 'by', command.actor, ...)
  end
end
