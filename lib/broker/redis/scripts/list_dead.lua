--[[
  The dead, oldest first.

  KEYS  1 messages  2 dead  3 reasons
  ARGV  1 first rank  2 last rank (at most 999 after the first)
  Reply {id, since (ms), record (JSON), envelope, ...}
]]
local found = redis.call('ZRANGE', KEYS[2], ARGV[1], ARGV[2], 'WITHSCORES')
local reply = {}
for i = 1, #found, 2 do
  reply[#reply + 1] = found[i]
  reply[#reply + 1] = found[i + 1]
  reply[#reply + 1] = redis.call('HGET', KEYS[3], found[i]) or '{}'
  reply[#reply + 1] = redis.call('HGET', KEYS[1], found[i]) or ''
end
return reply
