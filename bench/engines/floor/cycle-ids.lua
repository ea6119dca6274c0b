-- Settles what is finished and claims the next batch, in one call.
-- KEYS  1 messages (HASH)   2 ready (LIST)   3 active (SET)
-- ARGV  1 how many to claim, at most 1,000   2 the finished ids, as a reply gave them, or an empty string
-- Reply the claimed ids joined by commas, and their envelopes likewise; two empty strings when none are ready
local ID_LENGTH = 12

if ARGV[2] ~= '' then
  local finished = {}
  for from = 1, #ARGV[2], ID_LENGTH + 1 do
    finished[#finished + 1] = string.sub(ARGV[2], from, from + ID_LENGTH - 1)
  end
  redis.call('HDEL', KEYS[1], unpack(finished))
  redis.call('SREM', KEYS[3], unpack(finished))
end
local ids = redis.call('LPOP', KEYS[2], ARGV[1])
if not ids then
  return { '', '' }
end
redis.call('SADD', KEYS[3], unpack(ids))
return { table.concat(ids, ','), table.concat(redis.call('HMGET', KEYS[1], unpack(ids)), ',') }
