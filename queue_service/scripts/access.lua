--[[ Access: what the scripts about keys and codes know. Put in front of each of them by the loader.

     KEYS   keys.py: `access`
     ARGV   one JSON object, the command

     What a script is handed of a key or a code is a hash: nothing that the engine keeps, logs or sends to
     a replica opens a door. ]]

local HELD, USED, PEPPER, ANSWER, CODE, WRONG, WRONG_THERE = unpack(KEYS, 1, 7)
local PEOPLE, STEPS, SESSION, AUDIT = unpack(KEYS, 8)
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

-- Keeps a person by name, unless what was known of the name has changed meanwhile.
local function keep_person(name, was, record)
  if (redis.call('HGET', PEOPLE, name) or nil) ~= was then
    return false
  end
  redis.call('HSET', PEOPLE, name, record)
  redis.call('SET', PEPPER, command.pepper)
  return true
end

-- include: answers audit

-- Notes what was done about a key, a code or a person, and of which office that is.
local function note(did, on)
  audit('did', did, 'on', on, 'office', command.office or '')
end
