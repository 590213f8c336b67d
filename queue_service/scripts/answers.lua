--[[ Answers: asking twice is safe. Put where a script names it; needs `command` and ANSWER, the key. ]]

-- The reply of a command that was asked before, or nil.
local function asked_before()
  local answer = command.intent and redis.call('GET', ANSWER)
  if not answer then
    return nil
  end
  local intent, reply = string.match(answer, '^(%S+) (.*)$')
  if intent ~= command.intent then
    return '{"error":{"code":"key_reused"}}'
  end
  return '{"replayed":true' .. (reply == '{}' and '' or ',') .. string.sub(reply, 2)
end

-- Gives a reply and remembers it.
local function answer(reply)
  if command.intent then
    redis.call('SET', ANSWER, command.intent .. ' ' .. reply, 'PX', command.keep)
  end
  return reply
end
