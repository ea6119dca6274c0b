-- Moves ids (with one record each) to the dead; their envelopes stay in `messages`, so they can be put back.
-- Answers how many of the oldest were dropped to keep the limit.
local MAX_DEAD = 10000
local function bury(keys, ids, records, ms)
  if #ids == 0 then return 0 end
  for i = 1, #ids do
    redis.call('ZADD', keys.dead, ms, ids[i])
    redis.call('HSET', keys.reasons, ids[i], records[i])
  end
  redis.call('HDEL', keys.histories, unpack(ids))
  local excess = redis.call('ZCARD', keys.dead) - MAX_DEAD
  if excess <= 0 then return 0 end
  local oldest = redis.call('ZRANGE', keys.dead, 0, math.min(excess, 1000) - 1)
  redis.call('HDEL', keys.messages, unpack(oldest))
  redis.call('HDEL', keys.reasons, unpack(oldest))
  redis.call('ZREM', keys.dead, unpack(oldest))
  return #oldest
end
