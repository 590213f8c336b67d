--[[ Access: what the scripts about keys and codes know. Put in front of each of them by the loader.

     KEYS   keys.py: `access`
     ARGV   one JSON object, the command

     What a script is handed of a key or a code is a hash: nothing that the engine keeps, logs or sends to
     a replica opens a door. ]]

local HELD, USED, PEPPER, ANSWER, CODE, WRONG, WRONG_THERE = unpack(KEYS)
local command = cjson.decode(ARGV[1])

-- The engine's time in ms.
local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Keeps a key by its id.
local function keep_key()
  redis.call('HSET', HELD, command.id, command.record)
  redis.call('SET', PEPPER, command.pepper)
end

-- include: answers
