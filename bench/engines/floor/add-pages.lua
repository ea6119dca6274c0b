-- Stores messages as pages and wakes one idle consumer.
-- KEYS  1 messages (HASH)   2 ready (LIST)   3 wake (LIST)
-- ARGV  a page's name, its envelopes joined by commas, and so on
-- Reply the number of pages that are ready
local names = {}
for i = 1, #ARGV, 2 do
  names[#names + 1] = ARGV[i]
end
redis.call('HSET', KEYS[1], unpack(ARGV))
local ready = redis.call('RPUSH', KEYS[2], unpack(names))
if redis.call('LLEN', KEYS[3]) == 0 then
  redis.call('RPUSH', KEYS[3], '1')
end
return ready
