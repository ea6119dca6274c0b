-- Stores a batch of messages and wakes one idle consumer.
-- KEYS  1 messages (HASH)   2 ready (LIST)   3 wake (LIST)
-- ARGV  1 envelopes, each ended by a line feed (JSON holds none), each with its id at a fixed place
-- Reply the number of messages that are ready
local ID_FROM, ID_TO = 13, 24

local ids, fields = {}, {}
local from = 1
local to = string.find(ARGV[1], '\n', from, true)
while to do
  local id = string.sub(ARGV[1], from + ID_FROM, from + ID_TO)
  ids[#ids + 1] = id
  fields[#fields + 1] = id
  fields[#fields + 1] = string.sub(ARGV[1], from, to - 1)
  from = to + 1
  to = string.find(ARGV[1], '\n', from, true)
end
redis.call('HSET', KEYS[1], unpack(fields))
local ready = redis.call('RPUSH', KEYS[2], unpack(ids))
if redis.call('LLEN', KEYS[3]) == 0 then
  redis.call('RPUSH', KEYS[3], '1')
end
return ready
