-- Settles the pages that are finished and claims the next ones, in one call.
-- KEYS  1 messages (HASH)   2 ready (LIST)   3 active (SET)
-- ARGV  1 how many pages to claim   2 the finished ones, as a reply gave them, or an empty string
-- Reply the names of the claimed pages joined by commas, and their envelopes likewise; two empty strings when none
--       are ready
local NAME_LENGTH = 12

if ARGV[2] ~= '' then
  local finished = {}
  for from = 1, #ARGV[2], NAME_LENGTH + 1 do
    finished[#finished + 1] = string.sub(ARGV[2], from, from + NAME_LENGTH - 1)
  end
  redis.call('HDEL', KEYS[1], unpack(finished))
  redis.call('SREM', KEYS[3], unpack(finished))
end
local names = redis.call('LPOP', KEYS[2], ARGV[1])
if not names then
  return { '', '' }
end
redis.call('SADD', KEYS[3], unpack(names))
return { table.concat(names, ','), table.concat(redis.call('HMGET', KEYS[1], unpack(names)), ',') }
