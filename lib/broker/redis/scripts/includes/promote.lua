-- Due messages go to the back of the queue, at most 500 a call.
-- Answers when the next one is due, in ms from now (0: now), or -1.
local function promote(keys, max_crashes, ms)
  local due = redis.call('ZRANGEBYSCORE', keys.delayed, '-inf', ms, 'LIMIT', 0, 500)
  if #due > 0 then
    redis.call('ZREM', keys.delayed, unpack(due))
    local innocents, suspects = part_suspects(keys, due, max_crashes)
    if #innocents > 0 then redis.call('RPUSH', keys.ready, unpack(innocents)) end
    if #suspects > 0 then redis.call('RPUSH', keys.suspects, unpack(suspects)) end
  end
  local first = redis.call('ZRANGE', keys.delayed, 0, 0, 'WITHSCORES')
  if #first == 0 then return -1 end
  return math.max(0, tonumber(first[2]) - ms)
end
