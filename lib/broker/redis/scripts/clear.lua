--[[
  Removes a chunk of what waits: ready, suspects, delayed. Never what is on loan or dead.

  KEYS  1 messages  2 ready  3 suspects  4 delayed  5 histories
  ARGV  1 how many at most (up to 1,000)
  Reply {id, envelope, id, envelope, ...}   an empty envelope where there was none; {} when nothing is left
]]
local messages, ready, suspects, delayed, histories = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local most = tonumber(ARGV[1])

local ids = redis.call('LPOP', ready, most) or {}
if #ids == 0 then ids = redis.call('LPOP', suspects, most) or {} end
if #ids == 0 then
  ids = redis.call('ZRANGE', delayed, 0, most - 1)
  if #ids > 0 then redis.call('ZREM', delayed, unpack(ids)) end
end
if #ids == 0 then return {} end

local found = redis.call('HMGET', messages, unpack(ids))
redis.call('HDEL', messages, unpack(ids))
redis.call('HDEL', histories, unpack(ids))
local reply = {}
for i = 1, #ids do
  reply[#reply + 1] = ids[i]
  reply[#reply + 1] = found[i] or ''
end
return reply
